// Package station owns places: sites, the stations that stand there, their
// EVSEs and connectors, and how each is doing. The cabinet itself, its serial
// number, keys and firmware, is a device (core/device); a place outlives it.
//
//	onboarding  accepted | pending | rejected          decided by an operator
//	boot        "" → accepted | pending | rejected     answered to the station
//	connection  offline → connected(epoch) → offline   one row a connection
//	connector   unknown → available → preparing → charging ⇄ suspended →
//	            finishing → available; reserved, unavailable, faulted at any time
//
// Tables: station_site, station_station, station_evse, station_connector,
// station_connection, station_refusal. Events out: none. Invariants: an epoch
// only grows; a write that carries an older epoch than the station's changes
// nothing; a station belongs to one site and so to one tenant and legal entity.
package station
