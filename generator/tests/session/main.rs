//! Sessions on the command line: what is typed, what is printed, how it ends.

mod bad_input;
mod bundle;
mod desk;
