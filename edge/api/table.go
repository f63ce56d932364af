package api

import (
	"net/http"
	"slices"

	"chargewright/core/access"
)

// The ways of an operation.
const (
	get  = http.MethodGet
	put  = http.MethodPut
	post = http.MethodPost
	del  = http.MethodDelete
)

// operations is the table of everything this package serves, and of who may.
//
// To add one: write its row into an xxxOperations() beside its code, with the
// area of access that it needs (access.Open: no sign-in), and append that
// function here. Every row needs a sample, a request that who may can make: a
// function xxxSamples(h *harness, f fixture) map[string]sample in xxx_test.go,
// by operation id, appended to sampleSets in access_test.go. From it the test
// of every route by every role, tenant and site is made; see type sample for
// what it can say. Unsafe operations are audited without anything being done.
func operations() []operation {
	return slices.Concat(
		stationListOperations(),
		stationOperations(),
		placeOperations(),
		driverOperations(),
		sessionListOperations(),
		sessionOperations(),
		moneyOperations(),
		paperOperations(),
		paymentOperations(),
		brakeOperations(),
		qrOperations(),
		terminalOperations(),
		cardTerminalOperations(),
		correctionOperations(),
		tariffOperations(),
		spotOperations(),
		taxOperations(),
		buyerOperations(),
		tariffToolOperations(),
		adminOperations(),
		authOperations(),
		userOperations(),
		rightsOperations(),
		notifyOperations(),
		publicOperations(),
		meOperations(),
		meMoneyOperations(),
		jobOperations(),
		messageOperations(),
		exportOperations(),
		careOperations(),
		supportOperations(),
		simulatorOperations(),
		liveOperations(),
	)
}

func stationOperations() []operation {
	const tag, path = "stations", "/stations/{id}"
	rd, wr := access.Read, access.Stations
	return []operation{
		{get, "/stations", rd, tag, "listStations", "List stations", "", 0, nil, handle((*server).listStations)},
		{get, path, rd, tag, "getStation", "Read a station", "", 0, nil, handleOne((*server).getStation)},
		{put, path, wr, tag, "putStation", "Create or change a station",
			"Members that are left out keep their value. What concerns the connection takes effect at the next handshake. If-Match compares what an operator decides, not what the station reports.",
			0, []int{409, 412}, handleOne((*server).putStation)},
		{get, path + "/connections", rd, tag, "listConnections", "List a station's connections", "Newest first.", 0, nil, handle((*server).listConnections)},
		{get, path + "/findings", rd, tag, "listFindings", "List what a station's messages got wrong", "Of the device that stands there now, the latest first; at most 500.", 0, nil, handle((*server).listFindings)},
		{get, path + "/settings", rd, tag, "listSettings", "List a station's settings as last reported", "Configuration keys in 1.6, the device model in 2.x. Ask the station anew by the commands get_settings or report_settings.", 0, nil, handle((*server).listSettings)},
		{get, path + "/notices", rd, tag, "listNotices", "List a station's notices", "Reports, firmware and log progress, security events and the like as the station sent them, newest first.", 0, nil, handle((*server).listNotices)},
		{get, path + "/devices", rd, tag, "listDevices", "List the devices that stood at a station", "The present one first; at most 100.", 0, nil, handle((*server).listDevices)},
		{post, path + "/replace-device", wr, tag, "replaceDevice", "Say that another device stands at a station",
			"The new device begins with security profile 0, no password and a new meter base, unless the body gives it one.", 201, nil, handle((*server).replaceDevice)},
		{post, path + "/ocpp/{action}", wr, tag, "callStation", "Send any OCPP action to a station",
			"The body is the action's payload in the version that the station speaks; it is checked against the schema and sent as it is, without white space. The answer is the station's payload. 409: offline, nothing was sent. 502: the station answered CALLERROR, which call_error holds. 504: sent, and no answer came; whether the station acted is unknown.",
			0, []int{409, 429, 502, 504}, handleRaw((*server).callStation)},
		{post, path + "/commands/{kind}", wr, tag, "postCommand", "Send a command to a station",
			"In the words of the field: the version that the station speaks decides by which messages. A station's no is a normal answer: its status says so. 409: offline, nothing was sent. 504: sent, and what became of it is unknown.",
			0, []int{409, 429, 504}, handle((*server).postCommand)},
		{get, path + "/commands", rd, tag, "listCommands", "List the commands sent to a station", "Newest first.", 0, nil, handle((*server).listCommands)},
		{get, path + "/messages", rd, tag, "listMessages", "Read a station's OCPP messages", "Requests with their answers, latency and findings, newest first, as far back as the server keeps them. It is a log, not a record: under load some may be missing.", 0, nil, handle((*server).listMessages)},
		{get, "/reservations", rd, "reservations", "listReservations", "List reservations", "What stations granted, by whichever way they were asked, and how it ended; newest first.", 0, nil, handle((*server).listReservations)},
		{get, "/command-kinds", rd, tag, "listCommandKinds", "List the kinds of commands", "", 0, nil, handle((*server).listKinds)},
		{get, "/refusals", rd, tag, "listRefusals", "List refused handshakes", "The latest first, one row for each identity and reason. Those of unknown identities are the onboarding list, shown to the tenant that owns the installation.", 0, nil, handle((*server).listRefusals)},
	}
}

func placeOperations() []operation {
	const tag, path = "sites", "/sites/{id}"
	return []operation{
		{get, "/sites", access.Read, tag, "listSites", "List sites", "Ordered by id.", 0, nil, handle((*server).listSites)},
		{get, path, access.Read, tag, "getSite", "Read a site", "", 0, nil, handleOne((*server).getSite)},
		{put, path, access.Stations, tag, "putSite", "Create or replace a site", "", 0, []int{409, 412}, handleOne((*server).putSite)},
		{del, path, access.Stations, tag, "deleteSite", "Delete a site", "409: stations stand there. Sessions keep its id.", 0, []int{409}, handleNone((*server).deleteSite)},
	}
}

func driverOperations() []operation {
	rd, wr := access.People, access.Drivers
	return []operation{
		{get, "/tokens", rd, "tokens", "listTokens", "List tokens", "Ordered by uid in lower case.", 0, nil, handle((*server).listTokens)},
		{get, "/tokens/{uid}", rd, "tokens", "getToken", "Read a token", "", 0, nil, handleOne((*server).getToken)},
		{put, "/tokens/{uid}", wr, "tokens", "putToken", "Create or replace a token", "What is left out is unlimited; a token without status is accepted.", 0, []int{412}, handleOne((*server).putToken)},
		{del, "/tokens/{uid}", wr, "tokens", "deleteToken", "Delete a token", "Sessions keep what they recorded.", 0, nil, handleNone((*server).deleteToken)},
		{get, "/drivers", rd, "drivers", "listDrivers", "List drivers", "Newest first.", 0, nil, handle((*server).listDrivers)},
		{get, "/drivers/{id}", rd, "drivers", "getDriver", "Read a driver", "", 0, nil, handleOne((*server).getDriver)},
		{get, "/groups", rd, "tokens", "listGroups", "List token groups", "Ordered by id.", 0, nil, handle((*server).listGroups)},
		{put, "/drivers/{id}", wr, "drivers", "putDriver", "Change a driver", "What is left out becomes empty. 409: another driver has this email address.", 0, []int{409, 412}, handleOne((*server).putDriver)},
		{post, "/drivers", wr, "drivers", "postDriver", "Add a driver", "", 201, nil, handle((*server).postDriver)},
	}
}

func sessionOperations() []operation {
	const tag, path = "sessions", "/sessions/{id}"
	return []operation{
		{get, "/sessions", access.Read, tag, "listSessions", "List sessions", "Newest first, open ones included.", 0, nil, handle((*server).listSessions)},
		{get, path, access.Read, tag, "getSession", "Read a session", "", 0, nil, handleOne((*server).getSession)},
		{get, path + "/timeline", access.Read, tag, "getTimeline", "Read a session's segments and readings", "Rebuilt from its evidence.", 0, nil, handle((*server).getTimeline)},
		{get, path + "/evidence", access.Read, tag, "listEvidence", "List what was said about a session", "In order of receipt.", 0, nil, handle((*server).listEvidence)},
		{post, path + "/close", access.Stations, tag, "closeSession", "Close an open session", "At its last trusted reading, marked estimated; a late real end corrects it. 409: it is closed already.", 0, []int{409}, handle((*server).closeSession)},
	}
}

func moneyOperations() []operation {
	rd := access.Books
	return []operation{
		{get, "/documents", rd, "money", "listDocuments", "List receipts, credit notes and statements", "Newest first.", 0, nil, handle((*server).listDocuments)},
		{get, "/documents/{id}", rd, "money", "getDocument", "Read a receipt, a credit note or a statement", "", 0, nil, handleOne((*server).getDocument)},
		{get, "/cdrs", rd, "money", "listCDRs", "List charge detail records", "Newest first.", 0, nil, handle((*server).listCDRs)},
		{get, "/ledger/balances", rd, "money", "listBalances", "List balances of accounts", "By account and currency.", 0, nil, handle((*server).listBalances)},
	}
}

func tariffOperations() []operation {
	const tag, path = "tariffs", "/tariffs/{id}"
	rd, wr := access.Read, access.Money
	return []operation{
		{get, "/tariffs", rd, tag, "listTariffs", "List tariffs", "Newest first.", 0, nil, handle((*server).listTariffs)},
		{get, path, rd, tag, "getTariff", "Read a tariff", "The OCPI object as it was put.", 0, nil, handleRaw((*server).getTariff)},
		{put, path, wr, tag, "putTariff", "Create or change a tariff", "The body is an OCPI tariff object, 2.2.1 or 2.3.0. Sessions keep the version that held at their start.", 0, []int{412}, handleOne((*server).putTariff)},
		{del, path, wr, tag, "deleteTariff", "Delete a tariff", "Its versions stay. 409 while it is offered somewhere, now or later.", 0, []int{409}, handleNone((*server).deleteTariff)},
		{get, path + "/versions/{version}", rd, tag, "getTariffVersion", "Read a version of a tariff", "Current or not, as it was put.", 0, nil, handleRaw((*server).getTariffVersion)},
		{get, path + "/versions", rd, tag, "listTariffVersions", "List the versions of a tariff", "The last to hold first, planned ones included; at most 500.", 0, nil, handle((*server).listTariffVersions)},
		{get, path + "/displays", rd, tag, "listDisplays", "List which stations show a tariff", "Now, and a planned version ahead; how far each is, and why one does not.", 0, nil, handle((*server).listDisplays)},
		{get, path + "/sentence", rd, tag, "getSentence", "Read what a driver pays, in a sentence", "", 0, nil, handle((*server).getSentence)},
		{del, path + "/planned", wr, tag, "withdrawTariff", "Take back a planned version", "", 0, nil, handleNone((*server).withdrawTariff)},
		{get, "/tariff-assignments", rd, tag, "listAssignments", "List where tariffs are offered", "Now or later, by kind and place; at most 10,000.", 0, nil, handle((*server).listAssignments)},
		{post, "/tariff-assignments", wr, tag, "postAssignment", "Offer a tariff at a place, to an audience, for a time",
			"Of the offers that hold for a session the one for the smallest audience wins (group; guests or members; all), then the most specific place (connector, EVSE, station, site, tenant), then one for a limited time, then the one that begins later, then the one made later.",
			201, nil, handle((*server).postAssignment)},
		{del, "/tariff-assignments/{id}", wr, tag, "deleteAssignment", "Take an offer away", "From now on; sessions that began under it keep it.", 0, nil, handleNone((*server).deleteAssignment)},
		{put, "/tariff-assignments/{kind}/{place}", wr, tag, "putAssignment", "Say which tariff holds for all and for good at a place", "In place of the one that does.", 0, nil, handle((*server).putAssignment)},
		{get, "/tariff-assignments/explain", rd, tag, "explainTariff", "Explain which tariff holds and why", "Every offer at the places of an EVSE, the one that wins first; at most 200.", 0, nil, handle((*server).explainTariff)},
		{post, "/tariffs/rate", rd, tag, "rateTariff", "Price a session", "The body is a file of chargewright rate; so is the answer its output. Nothing is kept.", 0, nil, handleRaw((*server).rateTariff)},
	}
}

func adminOperations() []operation {
	const tag = "admin"
	return []operation{
		{get, "/keys", access.Admin, tag, "listKeys", "List API keys", "Newest first, revoked ones included.", 0, nil, handle((*server).listKeys)},
		{get, "/keys/{id}", access.Admin, tag, "getKey", "Read an API key", "Never its secret.", 0, nil, handleOne((*server).getKey)},
		{post, "/keys", access.Admin, tag, "postKey", "Create an API key", "The answer holds the secret, once.", 201, nil, handle((*server).postKey)},
		{del, "/keys/{id}", access.Admin, tag, "deleteKey", "Revoke an API key", "It is refused from the next request on.", 0, nil, handleNone((*server).deleteKey)},
		{get, "/status", access.Read, tag, "getStatus", "Read how the server is doing", "", 0, nil, handle((*server).getStatus)},
	}
}
