//! The rules of the code plane.
