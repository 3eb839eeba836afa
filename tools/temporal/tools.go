// Package tools pins the Temporal command line, whose dev server Tocsin runs where none is installed.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
