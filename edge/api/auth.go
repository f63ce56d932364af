package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	drivers "chargewright/core/driver"
	"chargewright/core/notify"
)

func authOperations() []operation {
	const tag = "auth"
	open, self := access.Open, access.Self
	no := []int{403, 409}
	return []operation{
		{get, "/auth/me", open, tag, "getMe", "Read who is signed in", "Always 200: kind nobody without a sign-in.", 0, nil, handle((*server).getMe)},
		{get, "/auth/methods", open, tag, "getSignInMethods", "Read how people may sign in", "", 0, nil, handle((*server).getMethods)},
		{post, "/auth/password", open, tag, "signIn", "Sign in by password", "401: code is wrong, totp_required or locked; with locked, retry_after is in seconds. The cookie cw_session carries the sign-in.", 0, nil, handle((*server).signIn)},
		{post, "/auth/password/forgot", open, tag, "forgotPassword", "Ask for a link to a new password", "Always 202, whether the address is known or not.", 202, nil, handle((*server).forgotPassword)},
		{post, "/auth/password/reset", open, tag, "resetPassword", "Set a new password by a link", "Who has a second factor sends its code, too: 401 totp_required. All other sign-ins end.", 0, nil, handle((*server).resetPassword)},
		{post, "/auth/invitation", open, tag, "acceptInvitation", "Accept an invitation", "", 0, nil, handle((*server).acceptInvitation)},
		{post, "/auth/setup", open, tag, "setUp", "Set up a new installation", "By the token that the server prints at its start while there is no staff user.", 0, []int{409}, handle((*server).setUp)},
		{post, "/auth/passkey/begin", open, tag, "beginPasskeySignIn", "Begin to sign in by passkey", "options is what PublicKeyCredential.parseRequestOptionsFromJSON reads; good for 5 minutes, once.", 0, []int{409, 429}, handle((*server).beginPasskey)},
		{post, "/auth/passkey/finish", open, tag, "finishPasskeySignIn", "Sign in by passkey", "credential is what toJSON of the PublicKeyCredential gives.", 0, nil, handle((*server).finishPasskey)},
		{post, "/auth/driver/link", open, tag, "mailDriverLink", "Mail a driver a link and a code to sign in by", "Always 202.", 202, nil, handle((*server).mailDriverLink)},
		{post, "/auth/driver/enter", open, tag, "enterDriver", "Sign a driver in by the link or the code of a mail", "The first time makes the driver.", 0, nil, handle((*server).enterDriver)},
		{get, "/auth/oidc/{provider}/start", open, tag, "startProvider", "Go to an identity provider", "302 to the provider.", 302, []int{429}, redirect((*server).startProvider)},
		{get, "/auth/oidc/{provider}/callback", open, tag, "returnFromProvider", "Come back from an identity provider", "302 to where the start said, signed in, or to /sign-in?problem=….", 302, nil, redirect((*server).returnFromProvider)},
		{post, "/auth/sign-out", self, tag, "signOut", "Sign out", "", 0, no, handleNone((*server).signOut)},
		{get, "/auth/sessions", self, tag, "listSignIns", "List where one is signed in", "Newest first; at most 20.", 0, no, handle((*server).listSignIns)},
		{del, "/auth/sessions/{id}", self, tag, "endSignIn", "Sign out elsewhere", "", 0, no, handleNone((*server).endSignIn)},
		{put, "/auth/profile", self, tag, "putProfile", "Change one's name and language", "", 0, no, handle((*server).putProfile)},
		{post, "/auth/password/change", self, tag, "changePassword", "Change one's password", "All other sign-ins end.", 0, no, handleNone((*server).changePassword)},
		{post, "/auth/totp/begin", self, tag, "beginTOTP", "Begin a second factor", "The secret is good for 15 minutes, until it is confirmed.", 0, no, handle((*server).beginTOTP)},
		{post, "/auth/totp/confirm", self, tag, "confirmTOTP", "Turn the second factor on", "The answer holds the recovery codes, once. All other sign-ins end.", 0, no, handle((*server).confirmTOTP)},
		{post, "/auth/totp/remove", self, tag, "removeTOTP", "Turn the second factor off", "", 0, no, handleNone((*server).removeTOTP)},
		{get, "/auth/passkeys", self, tag, "listPasskeys", "List one's passkeys", "", 0, no, handle((*server).listPasskeys)},
		{post, "/auth/passkeys/begin", self, tag, "beginPasskeyAdd", "Begin to add a passkey", "options is what PublicKeyCredential.parseCreationOptionsFromJSON reads; good for 5 minutes, once.", 0, no, handle((*server).beginPasskeyAdd)},
		{post, "/auth/passkeys/finish", self, tag, "finishPasskeyAdd", "Add a passkey", "credential is what toJSON of the PublicKeyCredential gives.", 201, no, handle((*server).finishPasskeyAdd)},
		{del, "/auth/passkeys/{id}", self, tag, "deletePasskey", "Remove a passkey", "", 0, no, handleNone((*server).deletePasskey)},
	}
}

// Me is who makes a request.
type Me struct {
	Kind        string             `json:"kind" enum:"nobody,staff,driver,key"`
	ID          string             `json:"id"`
	Name        string             `json:"name"`
	Email       string             `json:"email"`
	Role        string             `json:"role"`
	Areas       []string           `json:"areas" doc:"What the role may do"`
	Sites       nullable[[]string] `json:"sites" doc:"The only sites that are seen; null: all"`
	TenantID    string             `json:"tenant_id"`
	TenantName  string             `json:"tenant_name"`
	Language    string             `json:"language"`
	TOTP        bool               `json:"totp" doc:"Whether a second factor is on"`
	Passkeys    int                `json:"passkeys" doc:"How many there are"`
	HasPassword bool               `json:"has_password"`
	SetupNeeded bool               `json:"setup_needed" doc:"Whether the installation has no staff user yet"`
}

func (s *server) getMe(ctx context.Context, sc access.Scope, _ *struct{}) (Me, error) {
	return s.meOf(ctx, sc)
}

func (s *server) meOf(ctx context.Context, sc access.Scope) (Me, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (Me, error) { return readMe(tx, sc) })
}

func readMe(tx *store.Tx, sc access.Scope) (m Me, err error) {
	m = Me{Kind: sc.Kind, ID: sc.Actor, Name: sc.Name, Role: string(sc.Role), Areas: []string{}, TenantID: sc.Tenant}
	for _, a := range sc.Role.Areas() {
		m.Areas = append(m.Areas, string(a))
	}
	if sc.Sites != nil {
		m.Sites = of(sc.Sites)
	}
	if sc.Kind == "" {
		m.Kind, m.TenantID = "nobody", access.DefaultTenant
	}
	if m.SetupNeeded, err = access.NoStaff(tx, access.DefaultTenant); err != nil {
		return m, err
	}
	if m.TenantName, err = access.TenantName(tx, m.TenantID); err != nil || m.Kind == "nobody" || m.Kind == access.KindKey {
		return m, err
	}
	keys, err := access.Passkeys(tx, sc)
	if err != nil {
		return m, err
	}
	m.Passkeys = len(keys)
	return m, m.person(tx, sc)
}

// person fills in what staff and drivers have.
func (m *Me) person(tx *store.Tx, sc access.Scope) error {
	if sc.Kind == access.KindDriver {
		d, err := drivers.GetDriver(tx, sc, sc.Actor)
		m.Name, m.Email, m.Language = d.Name, d.Email, d.Language
		return err
	}
	u, err := access.GetUser(tx, sc, sc.Actor)
	m.Name, m.Email, m.Language, m.TOTP, m.HasPassword = u.Name, u.Email, u.Language, u.HasTOTP(), u.HasPassword()
	return err
}

type methods struct {
	Passkey  bool           `json:"passkey" doc:"Whether passkeys can be used at this address"`
	OIDC     []providerName `json:"oidc"`
	MailLink bool           `json:"mail_link" doc:"Whether mails are sent"`
	Mailbox  bool           `json:"mailbox" doc:"Whether mails are shown on the screen: a demonstration"`
}

type providerName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (s *server) getMethods(ctx context.Context, _ access.Scope, _ *struct{}) (methods, error) {
	m := methods{OIDC: []providerName{}, MailLink: s.o.Mail != nil, Mailbox: s.o.Mailbox}
	if v := visitOf(ctx); v != nil {
		_, err := s.passkeys(v.r)
		m.Passkey = err == nil
	}
	if p := s.o.Provider; p != nil {
		m.OIDC = append(m.OIDC, providerName{p.ID, p.Name})
	}
	return m, nil
}

// someone refuses callers that are no person signed in by cookie.
func someone(ctx context.Context, sc access.Scope) (*visit, error) {
	v := visitOf(ctx)
	if v == nil || v.session == "" || sc.Kind != access.KindStaff && sc.Kind != access.KindDriver {
		return nil, refuse(http.StatusForbidden, fail.Denied, "only people who are signed in have an account")
	}
	return v, nil
}

// staff is someone and refuses drivers.
func staff(ctx context.Context, sc access.Scope) (*visit, error) {
	v, err := someone(ctx, sc)
	if err == nil && sc.Kind != access.KindStaff {
		return nil, refuse(http.StatusForbidden, fail.Denied, "drivers have no password")
	}
	return v, err
}

// refused is the answer to an attempt that did not enter.
func refused(o access.Outcome, retry time.Duration) error {
	text := map[access.Outcome]string{
		access.Wrong: "the e-mail address, the password or the code is wrong", access.CodeNeeded: "send the code of your second factor, too",
		access.Locked: "too many attempts; wait",
	}[o]
	p := refuse(http.StatusUnauthorized, fail.Denied, text)
	p.Code = string(o)
	if o == access.Locked {
		p.Retry = int(math.Ceil(retry.Seconds()))
	}
	return p
}

// gone makes 401 of a link that is used up or over, which is denied.
func gone(err error) error {
	if !fail.Is(err, fail.Denied) {
		return err
	}
	p := refuse(http.StatusUnauthorized, fail.Denied, fail.Say(err))
	p.Code = string(access.Wrong)
	return p
}

// welcome gives the browser its cookie, ends the sign-in it had before, and says
// who has entered.
func (s *server) welcome(ctx context.Context, token string, sc access.Scope) (Me, error) {
	v := visitOf(ctx)
	if old := scopeOf(ctx); v.session != "" {
		_, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (none, error) {
			err := access.EndSignIn(tx, old, v.session)
			if fail.Is(err, fail.NotFound) {
				err = nil
			}
			return none{}, err
		})
		if err != nil {
			return Me{}, err
		}
	}
	s.setCookie(v, token, sc.Kind)
	actAs(ctx, sc)
	return s.meOf(ctx, sc)
}

// entered is welcome for a member of staff, or the refusal.
func (s *server) entered(ctx context.Context, e access.Entry, err error) (Me, error) {
	if err != nil {
		return Me{}, gone(err)
	}
	if e.Outcome != access.Entered {
		return Me{}, refused(e.Outcome, e.Retry)
	}
	return s.welcome(ctx, e.Token, e.User.Scope())
}

func (s *server) signOut(ctx context.Context, sc access.Scope, _ *struct{}) error {
	v, err := someone(ctx, sc)
	if err != nil {
		return err
	}
	return s.leave(ctx, v, sc, v.session)
}

func (s *server) leave(ctx context.Context, v *visit, sc access.Scope, session string) error {
	_, err := store.Do(ctx, s.o.DB, "sign-in", func(tx *store.Tx) (none, error) {
		return none{}, access.EndSignIn(tx, sc, session)
	})
	if err == nil && session == v.session {
		s.dropCookie(v)
	}
	return err
}

type signInRow struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current" doc:"Whether it is the one that asks"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at" doc:"To the minute"`
	UserAgent  string    `json:"user_agent"`
	Remote     string    `json:"remote" doc:"Address of the sign-in; of IPv6 its /64"`
}

func (s *server) listSignIns(ctx context.Context, sc access.Scope, _ *struct{}) (list[signInRow], error) {
	v, err := someone(ctx, sc)
	if err != nil {
		return list[signInRow]{}, err
	}
	rows, err := store.Read(ctx, s.o.DB, func(tx *store.Tx) ([]access.SignInRow, error) { return access.SignIns(tx, sc) })
	return pageOf(rows, len(rows), func(r access.SignInRow) signInRow {
		return signInRow{r.ID, r.ID == v.session, r.CreatedAt, r.SeenAt, r.Agent, r.Remote}
	}, func(r access.SignInRow) place { return byID(r.ID) }), err
}

func (s *server) endSignIn(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
}) error {
	v, err := someone(ctx, sc)
	if err != nil {
		return err
	}
	return s.leave(ctx, v, sc, in.ID)
}

type profilePut struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Language string `json:"language" pattern:"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$" maxLength:"35" doc:"BCP 47"`
	} `nameHint:"PutProfile"`
}

func (s *server) putProfile(ctx context.Context, sc access.Scope, in *profilePut) (Me, error) {
	if _, err := staff(ctx, sc); err != nil {
		return Me{}, err
	}
	return store.Do(ctx, s.o.DB, "users/"+sc.Tenant, func(tx *store.Tx) (Me, error) {
		if _, err := access.SetProfile(tx, sc, in.Body.Name, in.Body.Language); err != nil {
			return Me{}, err
		}
		return readMe(tx, sc)
	})
}

// mail queues a mail of the tenant, good until the link in it is over; without
// a way to send mails it is left out.
func (s *server) mail(tx *store.Tx, m notify.Mail, good time.Duration) error {
	if s.o.Mail == nil {
		return nil
	}
	m.Until = tx.Now().Add(good)
	return s.o.Mail(tx, m)
}
