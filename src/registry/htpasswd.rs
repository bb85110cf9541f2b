//! The lines of an htpasswd file: what nginx accepts and what it costs.
