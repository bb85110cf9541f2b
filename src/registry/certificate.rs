//! Which certificate serves a host name, and why the others do not.
