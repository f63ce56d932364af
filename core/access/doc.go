// Package access owns who may act and on whose behalf: tenants, the legal
// entities below them, API keys, and the people who sign in.
//
//	tenant ──< legal entity ──< site ──< station
//	   │            └──< tax registration (never rewritten: it ends)
//	   ├────< API key (role)
//	   └────< user (role) ──< sign-in, passkey, second factor
//
// A sign-in is a row with the digest of the token in a person's cookie:
//
//	password ┐
//	passkey  ├─ Begin ─▶ in use ─ an hour ─▶ successor handed out ─ seen ─▶ in use
//	link     ┘             │
//	provider               └─ idle, too old, ended, person disabled ─▶ Denied
//
// Drivers sign in here, too; who they are is the driver room's.
//
// A Scope is what a caller may see. Every room function that reads or changes
// a tenant's things takes one; another tenant's id is not found, never denied.
//
// Tables: access_tenant, access_entity, access_registration, access_key,
// access_user, access_user_site, access_recovery, access_identity, access_passkey, access_session,
// access_challenge, access_throttle. Events: none.
// Invariants: a key's secret is shown once and kept only as a digest; a revoked
// key never works again. Tokens, codes and passwords are kept only as digests;
// a link, a code and a time step of a second factor are good once. A tenant that
// has an owner who can sign in keeps one. The throttle table has a bounded number
// of rows whatever is tried.
package access
