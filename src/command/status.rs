//! `dockreg status`: one verdict over stack, nodes, certificate, DNS and registry.
