package driver

// What tests look at from outside.
const WordQuery = beginning

// File is file.
var File = file
