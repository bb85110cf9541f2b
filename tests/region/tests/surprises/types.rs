//! Resource types: what a template says and what becomes of it.
