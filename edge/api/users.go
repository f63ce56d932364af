package api

import (
	"context"
	"time"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	stations "chargewright/core/station"
)

func userOperations() []operation {
	const tag, path = "admin", "/users/{id}"
	admin := access.Admin
	return []operation{
		{get, "/users", admin, tag, "listUsers", "List staff users", "Ordered by their making.", 0, nil, handle((*server).listUsers)},
		{get, path, admin, tag, "getUser", "Read a staff user", "", 0, nil, handleOne((*server).getUser)},
		{post, "/users", admin, tag, "postUser", "Invite a staff user", "The answer holds the link of the invitation, which is also mailed; it is good once, for 7 days.", 201, []int{409}, handle((*server).postUser)},
		{put, path, admin, tag, "putUser", "Change a staff user", "A disabled user is signed out. The last owner can be neither disabled nor demoted: 409.", 0, []int{409}, handle((*server).putUser)},
		{del, path, admin, tag, "deleteUser", "Delete a staff user", "The last owner cannot be deleted: 409. What the user did stays under its id.", 0, []int{409}, handleNone((*server).deleteUser)},
		{post, path + "/invitation", admin, tag, "postInvitation", "Invite a staff user again", "To one who has accepted it is a link to a new password. Links given before are no longer good.", 201, []int{409}, handle((*server).postInvitation)},
	}
}

// User is a member of staff.
type User struct {
	ID         string             `json:"id"`
	Name       string             `json:"name"`
	Email      string             `json:"email"`
	Role       string             `json:"role"`
	Sites      nullable[[]string] `json:"sites" doc:"Of a host: the only sites it sees; null: all"`
	Language   string             `json:"language"`
	State      string             `json:"state" enum:"invited,active,disabled"`
	TOTP       bool               `json:"totp" doc:"Whether a second factor is on"`
	Passkeys   int                `json:"passkeys"`
	LastSeenAt *time.Time         `json:"last_seen_at" doc:"To the minute"`
	CreatedAt  time.Time          `json:"created_at"`
}

// showUser adds to a user what it signs in with.
func showUser(tx *store.Tx, u access.User) (User, error) {
	keys, err := access.Passkeys(tx, u.Scope())
	v := User{
		ID: u.ID, Name: u.Name, Email: u.Email, Role: string(u.Role), Language: u.Language, State: string(u.State), TOTP: u.HasTOTP(), Passkeys: len(keys),
		LastSeenAt: moment(u.SeenAt), CreatedAt: u.CreatedAt,
	}
	if u.Sites != nil {
		v.Sites = of(u.Sites)
	}
	return v, err
}

type invitedUser struct {
	User
	InvitationURL string `json:"invitation_url" doc:"Shown here once; good once, for 7 days"`
}

func (s *server) listUsers(ctx context.Context, sc access.Scope, in *pageQuery) (list[User], error) {
	after, err := in.after(1)
	if err != nil {
		return list[User]{}, err
	}
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (list[User], error) {
		rows, err := access.Users(tx, sc, after.keys[0], in.Limit+1)
		if err != nil {
			return list[User]{}, err
		}
		shown := make([]User, len(rows))
		for i, u := range rows {
			if shown[i], err = showUser(tx, u); err != nil {
				return list[User]{}, err
			}
		}
		return pageOf(shown, in.Limit, func(u User) User { return u }, func(u User) place { return byID(u.ID) }), nil
	})
}

func (s *server) getUser(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
	Reading
}) (User, error) {
	return store.Read(ctx, s.o.DB, func(tx *store.Tx) (User, error) {
		u, err := access.GetUser(tx, sc, in.ID)
		if err != nil {
			return User{}, err
		}
		return showUser(tx, u)
	})
}

type userPost struct {
	Body struct {
		Name     string    `json:"name" minLength:"1" maxLength:"200"`
		Email    string    `json:"email" maxLength:"254"`
		Role     string    `json:"role" enum:"owner,operator,finance,technician,support,viewer,host"`
		Sites    *[]string `json:"sites,omitempty" maxItems:"1000" doc:"Of a host"`
		Language string    `json:"language,omitempty" maxLength:"35" pattern:"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$"`
	} `nameHint:"CreateUser"`
}

// sitesOf are the sites of a body; one that is not the tenant's is Invalid.
func sitesOf(tx *store.Tx, sc access.Scope, sites *[]string) ([]string, error) {
	if sites == nil {
		return nil, nil
	}
	for _, site := range *sites {
		if _, err := stations.GetSite(tx, sc, site); err != nil {
			return nil, asField(err, "sites")
		}
	}
	return *sites, nil
}

func (s *server) postUser(ctx context.Context, sc access.Scope, in *userPost) (invitedUser, error) {
	b := in.Body
	return store.Do(ctx, s.o.DB, "users/"+sc.Tenant, func(tx *store.Tx) (invitedUser, error) {
		sites, err := sitesOf(tx, sc, b.Sites)
		if err != nil {
			return invitedUser{}, err
		}
		u, err := access.AddUser(tx, sc, access.User{Email: b.Email, Name: b.Name, Role: access.Role(b.Role), Sites: sites, Language: b.Language}, "")
		if err != nil {
			return invitedUser{}, err
		}
		return s.invite(tx, u)
	})
}

// invite makes the link and mails it.
func (s *server) invite(tx *store.Tx, u access.User) (v invitedUser, err error) {
	if v.User, err = showUser(tx, u); err != nil {
		return v, err
	}
	token, kind, err := access.AskInvitation(tx, u, false)
	if err != nil {
		return v, err
	}
	if v.InvitationURL = s.base() + "/" + kind + "#" + token; kind == access.ForReset {
		return v, s.mail(tx, resetMail(u, v.InvitationURL), access.InvitationGood)
	}
	return v, s.mail(tx, invitationMail(u, v.InvitationURL), access.InvitationGood)
}

func (s *server) postInvitation(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
}) (invitedUser, error) {
	return store.Do(ctx, s.o.DB, "users/"+sc.Tenant, func(tx *store.Tx) (invitedUser, error) {
		u, err := access.GetUser(tx, sc, in.ID)
		if err == nil && u.State == access.Disabled {
			err = fail.New(fail.Conflict, "api.postInvitation", "the user is disabled")
		}
		if err != nil {
			return invitedUser{}, err
		}
		return s.invite(tx, u)
	})
}

type userPut struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Name  string    `json:"name" minLength:"1" maxLength:"200"`
		Role  string    `json:"role" enum:"owner,operator,finance,technician,support,viewer,host"`
		Sites *[]string `json:"sites,omitempty" maxItems:"1000" doc:"Of a host"`
		State string    `json:"state" enum:"invited,active,disabled"`
	} `nameHint:"ChangeUser"`
}

func (s *server) putUser(ctx context.Context, sc access.Scope, in *userPut) (User, error) {
	b := in.Body
	return store.Do(ctx, s.o.DB, "users/"+sc.Tenant, func(tx *store.Tx) (User, error) {
		if _, err := access.GetUser(tx, sc, in.ID); err != nil {
			return User{}, err
		}
		sites, err := sitesOf(tx, sc, b.Sites)
		if err != nil {
			return User{}, err
		}
		u, err := access.ChangeUser(tx, sc, in.ID, access.Change{Name: b.Name, Role: access.Role(b.Role), Sites: sites, State: access.State(b.State)})
		if err != nil {
			return User{}, err
		}
		return showUser(tx, u)
	})
}

func (s *server) deleteUser(ctx context.Context, sc access.Scope, in *struct {
	ID string `path:"id" maxLength:"100"`
}) error {
	_, err := store.Do(ctx, s.o.DB, "users/"+sc.Tenant, func(tx *store.Tx) (none, error) { return none{}, access.DeleteUser(tx, sc, in.ID) })
	return err
}
