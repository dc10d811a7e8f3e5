package native

import _ "embed" // for Header

// Header is HalonMTA.h, for what compiles plugins.
//
//go:embed include/HalonMTA.h
var Header string
