//! What every command has at hand: the shell, AWS, the stack name and the timing.
