package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"chargewright/base/fail"
	"chargewright/base/store"
	"chargewright/core/access"
	"chargewright/core/notify"
	"chargewright/core/station"
	"chargewright/edge/api"
)

// SignInConfig is what concerns people and where they come from.
type SignInConfig struct {
	PublicURL      string   `name:"public-url" help:"Where people reach the server, as https://host: for links in mails, passkeys and single sign-on (default: the address it listens on)." placeholder:"URL"`
	TrustedProxies []string `help:"Addresses or networks of proxies whose X-Forwarded-For and -Proto are believed." placeholder:"CIDR"`
	OIDCIssuer     string   `name:"oidc-issuer" help:"OpenID Connect issuer by which staff may sign in; register PUBLIC-URL/api/v1/auth/oidc/main/callback there." placeholder:"URL"`
	OIDCClientID   string   `name:"oidc-client-id" help:"Client id at the issuer." placeholder:"ID"`
	OIDCSecret     string   `name:"oidc-secret" help:"Client secret; better in a file." placeholder:"SECRET"`
	OIDCSecretFile string   `name:"oidc-secret-file" help:"File with the client secret." placeholder:"FILE"`
	OIDCName       string   `name:"oidc-name" help:"What the button says." default:"Single sign-on"`
	OIDCRole       string   `name:"oidc-role" help:"Role of whom the issuer knows and this server does not (default: they are refused)." placeholder:"ROLE"`
}

// check returns an Invalid error that names the setting at fault.
func (c SignInConfig) check() error {
	if _, err := c.networks(); err != nil {
		return err
	}
	if u, err := url.Parse(c.PublicURL); c.PublicURL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		return fail.Field("config", "public-url", "%q is not scheme://host, without a path", c.PublicURL)
	}
	switch {
	case c.OIDCIssuer == "" && (c.OIDCClientID != "" || c.OIDCRole != ""):
		return fail.Field("config", "oidc-issuer", "it is missing")
	case c.OIDCIssuer != "" && c.OIDCClientID == "":
		return fail.Field("config", "oidc-client-id", "it is missing")
	case c.OIDCIssuer != "" && c.PublicURL == "":
		return fail.Field("config", "public-url", "single sign-on needs it")
	case c.OIDCRole != "" && !slices.Contains(access.Roles, access.Role(c.OIDCRole)):
		return fail.Field("config", "oidc-role", "%q is no role; the roles are %v", c.OIDCRole, access.Roles)
	case c.OIDCSecret != "" && c.OIDCSecretFile != "":
		return fail.Field("config", "oidc-secret-file", "the secret is given twice")
	}
	return nil
}

// networks are the trusted proxies.
func (c SignInConfig) networks() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range c.TrustedProxies {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p.Masked())
			continue
		}
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fail.Field("config", "trusted-proxies", "%q is neither an address nor a network", text)
		}
		out = append(out, netip.PrefixFrom(ip, ip.BitLen()))
	}
	return out, nil
}

// provider is the identity provider of the configuration, nil for none.
func (c SignInConfig) provider() (*api.Provider, error) {
	if c.OIDCIssuer == "" {
		return nil, nil
	}
	secret := c.OIDCSecret
	if c.OIDCSecretFile != "" {
		b, err := os.ReadFile(c.OIDCSecretFile)
		if err != nil {
			return nil, fail.Field("config", "oidc-secret-file", "%v", err)
		}
		secret = strings.TrimSpace(string(b))
	}
	return &api.Provider{ID: "main", Name: c.OIDCName, Issuer: c.OIDCIssuer, ClientID: c.OIDCClientID, ClientSecret: secret, Role: access.Role(c.OIDCRole)}, nil
}

// people adds to the options of the API what signing in needs.
func (s *Server) people(o *api.Options) (err error) {
	if o.Provider, err = s.cfg.provider(); err != nil {
		return err
	}
	if o.Proxies, err = s.cfg.networks(); err != nil {
		return err
	}
	o.SignIn, o.PublicURL, o.Address, o.FirstSite = access.NewSignIn(s.Keys), s.cfg.PublicURL, s.address, DefaultSite
	mailer, err := s.cfg.mailer()
	if mailer != nil || s.cfg.Mailbox { // without either nobody is told that a mail is on its way
		o.Mail = notify.Queue
	}
	return err
}

// address is where the server listens, as a browser beside it may write it.
func (s *Server) address() string { return reachable(s.Addr) }

// reachable turns an address that means every interface into one to go to.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// base is where people reach the server.
func (c Config) base(addr string) string {
	if c.PublicURL != "" {
		return strings.TrimSuffix(c.PublicURL, "/")
	}
	return "http://" + reachable(addr)
}

// setupURL makes the link by which the first owner sets the installation up, ""
// once there is a staff user. The link of an earlier start is no longer good.
func (s *Server) setupURL(ctx context.Context) (string, error) {
	token, err := store.Do(ctx, s.DB, "sign-in", func(tx *store.Tx) (string, error) {
		free, err := access.NoStaff(tx, access.DefaultTenant)
		if err != nil || !free {
			return "", err
		}
		access.DropChallenges(tx, access.DefaultTenant, access.ForSetup)
		return access.Ask(tx, access.Challenge{Tenant: access.DefaultTenant, Kind: access.ForSetup}, 0)
	})
	if err != nil || token == "" {
		return "", err
	}
	return s.cfg.base(s.Addr) + "/setup#" + token, nil
}

// website is the part of a verb's flags that says how people reach the server.
type website struct {
	PublicURL string `name:"public-url" help:"Where people reach the server (default: the address it listens on)." placeholder:"URL"`
	Listen    string `help:"Address the server listens on." default:"127.0.0.1:8080" placeholder:"ADDR"`
}

func (w website) base() string {
	return Config{SignInConfig: SignInConfig{PublicURL: w.PublicURL}}.base(w.Listen)
}

type userCmd struct {
	Add   userAddCmd   `cmd:"" help:"Invite a staff user and print the link of the invitation, and nothing else."`
	Reset userResetCmd `cmd:"" help:"Print a link to a new password for a staff user; using it also removes the second factor."`
}

type userAddCmd struct {
	place   `embed:""`
	website `embed:""`
	Email   string   `help:"Address of the user." required:""`
	Role    string   `help:"owner, operator, finance, technician, support, viewer or host." required:""`
	Name    string   `help:"Name of the user." required:""`
	Site    []string `help:"Of a host: a site it sees; repeat for more."`
}

// Run makes the user and the link.
func (c *userAddCmd) Run(ctx context.Context, t terminal) error {
	sc := access.Scope{Tenant: access.DefaultTenant, Role: access.Owner, Kind: access.KindSystem}
	return c.link(ctx, t, c.place, func(tx *store.Tx) (string, error) {
		for _, site := range c.Site {
			if _, err := station.GetSite(tx, sc, site); err != nil {
				return "", err
			}
		}
		u, err := access.AddUser(tx, sc, access.User{Email: c.Email, Name: c.Name, Role: access.Role(c.Role), Sites: c.Site}, "")
		if err != nil {
			return "", err
		}
		return invitationPath(tx, u, false)
	})
}

type userResetCmd struct {
	place   `embed:""`
	website `embed:""`
	Email   string `help:"Address of the user." required:""`
}

// Run makes the link.
func (c *userResetCmd) Run(ctx context.Context, t terminal) error {
	return c.link(ctx, t, c.place, func(tx *store.Tx) (string, error) {
		u, found, err := access.UserByEmail(tx, c.Email)
		if err == nil && !found {
			err = fail.New(fail.NotFound, "user reset", "there is no user with that address")
		}
		if err == nil && u.State == access.Disabled {
			err = fail.New(fail.Conflict, "user reset", "the user is disabled; an owner has to enable them")
		}
		if err != nil {
			return "", err
		}
		return invitationPath(tx, u, true)
	})
}

func invitationPath(tx *store.Tx, u access.User, clear bool) (string, error) {
	token, kind, err := access.AskInvitation(tx, u, clear)
	return "/" + kind + "#" + token, err
}

// link prints the link that fn makes, beside a running server.
func (w website) link(ctx context.Context, t terminal, p place, fn func(tx *store.Tx) (string, error)) error {
	return opened(ctx, p.config(), t.err, func(db *store.DB) error {
		path, err := store.Do(ctx, db, "sign-in", fn)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(t.out, w.base()+path)
		return err
	})
}
