package api

import (
	"fmt"
	"strings"

	"chargewright/base/id"
	"chargewright/core/access"
	"chargewright/core/notify"
)

// letter is a mail's subject and text; the text's verbs are its parts in order.
// What signs somebody in is in the text alone: subjects stay on record.
type letter struct{ subject, text string }

// letters by what they are for and language; English stands in for others.
var letters = map[string]map[string]letter{
	"reset": {
		"en": {"A new password", "Hello %s,\n\nset a new password here; the link is good once, for 15 minutes:\n\n%s\n\nIf you did not ask for it, there is nothing to do.\n"},
		"de": {"Neues Passwort", "Hallo %s,\n\nhier setzen Sie ein neues Passwort; der Link gilt einmal und 15 Minuten lang:\n\n%s\n\nWenn Sie das nicht waren, ist nichts zu tun.\n"},
	},
	"invitation": {
		"en": {"Your invitation", "Hello %s,\n\nyou are invited to run a charging network. Choose your password here; the link is good once, for 7 days:\n\n%s\n"},
		"de": {"Ihre Einladung", "Hallo %s,\n\nSie sind eingeladen, ein Ladenetz zu betreiben. Wählen Sie hier Ihr Passwort; der Link gilt einmal und 7 Tage lang:\n\n%s\n"},
	},
	"driver": {
		"en": {"Your code to sign in", "Your code to sign in is %s\n\nOr open this link on the device you charge with; both are good once, for 15 minutes:\n\n%s\n\nIf you did not ask for it, there is nothing to do.\n"},
		"de": {"Ihr Code zum Anmelden", "Ihr Code zum Anmelden ist %s\n\nOder öffnen Sie diesen Link auf dem Gerät, mit dem Sie laden; beides gilt einmal und 15 Minuten lang:\n\n%s\n\nWenn Sie das nicht waren, ist nichts zu tun.\n"},
	},
}

func letterOf(kind, language string) letter {
	short, _, _ := strings.Cut(language, "-")
	if l, ok := letters[kind][short]; ok {
		return l
	}
	return letters[kind]["en"]
}

func resetMail(u access.User, link string) notify.Mail {
	l := letterOf("reset", u.Language)
	return mailTo(u.Tenant, u.Email, "password_reset", l.subject, fmt.Sprintf(l.text, u.Name, link))
}

func invitationMail(u access.User, link string) notify.Mail {
	l := letterOf("invitation", u.Language)
	return mailTo(u.Tenant, u.Email, "invitation", l.subject, fmt.Sprintf(l.text, u.Name, link))
}

func driverMail(tenant, email, language, link, code string) notify.Mail {
	l := letterOf("driver", language)
	return mailTo(tenant, email, "sign_in", l.subject, fmt.Sprintf(l.text, code, link))
}

func mailTo(tenant, to, kind, subject, text string) notify.Mail {
	return notify.Mail{Tenant: tenant, To: to, Subject: subject, Text: text, Kind: kind, Key: id.New(kind)}
}
