//! The only place that draws and prints.
