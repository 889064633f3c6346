package eval

// ReadDevel lends the corpus reader of the tests to those outside of the package.
var ReadDevel = readDevel
