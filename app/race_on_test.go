//go:build race

package app

// raceDetector says that everything takes many times longer.
const raceDetector = true
