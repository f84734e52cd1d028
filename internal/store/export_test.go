package store

// FastArrays is for tests that look at what arrives.
var FastArrays = fastArrays
