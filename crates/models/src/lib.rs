//! Library knowledge as data: paths, types and settings of the libraries that applications use.
