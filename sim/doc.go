// Package sim holds simulated charging stations, the vehicles and drivers at
// them, and their faults. A Station is a real WebSocket client of OCPP 1.6,
// 2.0.1 or 2.1: whatever CSMS it talks to cannot tell it from hardware, and it
// knows nothing of that CSMS but its URL. Tests drive single stations, Replay
// plays recorded sessions, Network keeps a site alive for a demonstration.
//
// All state of a station belongs to one goroutine, the one inside Run. Time is
// taken from time.Now and timers only, and every random choice comes from a
// stream derived from the seed, the actor and a counter, so that a run inside
// a synctest bubble repeats itself exactly.
//
// Energy is counted in mWh, power in W, as integers.
//
// A station of 2.x starts its transaction when the power path closes: vehicle
// plugged in and token accepted, in either order. It serves the calls of its
// version up to smart charging, reservation, local lists, firmware, logs,
// certificates, display messages and costs told by the CSMS; with a screen it
// shows prices, and in 2.1 rates by default tariffs. It refuses with
// NotSupported what is left: monitoring, drivers' tariffs, periodic event streams,
// bidirectional power and battery swapping. Firmware and logs are
// reported but not transferred.
package sim
