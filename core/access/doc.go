// Package access owns who may act and on whose behalf: tenants, the legal
// entities below them, and the API keys of machines and people.
//
//	tenant ──< legal entity ──< site ──< station
//	   └────< API key (role)
//
// A Scope is what a caller may see. Every room function that reads or changes
// a tenant's things takes one; another tenant's id is not found, never denied.
//
// Tables: access_tenant, access_entity, access_key. Events: none.
// Invariants: a key's secret is shown once and kept only as a digest; a revoked
// key never works again.
package access
