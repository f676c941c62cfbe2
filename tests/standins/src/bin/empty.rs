//! The program that does nothing: the yardstick for a bootstrap that finds nothing to do.

fn main() {}
