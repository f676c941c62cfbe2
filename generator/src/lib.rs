//! The build-time side of Gangway: downloads in, a bundle out.
