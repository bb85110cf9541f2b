//! Which hosted zone a host name belongs to.
