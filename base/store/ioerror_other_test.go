//go:build !linux

package store_test

func liveThroughWriteErrors(string) { panic("only run on Linux") }
