package access

import (
	"crypto/subtle"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"chargewright/base/fail"
	"chargewright/base/secret"
	"chargewright/base/store"
)

// recoveryCodes is how many a person gets, and recoveryLength how long each is:
// 12 characters of 5 bits.
const (
	recoveryCodes  = 10
	recoveryLength = 12
	totpStep       = 30 // seconds (RFC 6238)
)

// BeginTOTP makes a secret and keeps it aside until ConfirmTOTP. uri is what
// authenticator apps read. A person who has a second factor must remove it
// first: Conflict.
func (s *SignIn) BeginTOTP(tx *store.Tx, sc Scope, issuer string) (shared, uri string, err error) {
	u, err := GetUser(tx, sc, sc.Actor)
	if err != nil {
		return "", "", err
	}
	if u.totp != "" {
		return "", "", fail.New(fail.Conflict, "access.BeginTOTP", "there is a second factor already; remove it first")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: strings.ReplaceAll(issuer, ":", " "), AccountName: u.Email})
	if err != nil {
		return "", "", fail.Wrap(fail.Internal, "access.BeginTOTP", err)
	}
	c := Challenge{Tenant: u.Tenant, Kind: ForTOTP, Person: u.ID, Data: s.sealer.Seal(key.Secret(), u.ID)}
	_, err = Ask(tx, c, LinkGood)
	return key.Secret(), key.URL(), err
}

// ConfirmTOTP turns the second factor on when the code is right, ends the
// person's other sign-ins, and returns the recovery codes, which are kept only
// as verifiers. A wrong code is Invalid.
func (s *SignIn) ConfirmTOTP(tx *store.Tx, sc Scope, session, code string) ([]string, error) {
	c, found, err := store.One(tx, scanChallenge, `SELECT `+challengeColumns+` FROM access_challenge WHERE kind = $1 AND person = $2 AND expires_at > $3`, ForTOTP, sc.Actor, tx.Now())
	if err == nil && !found {
		err = fail.New(fail.Conflict, "access.ConfirmTOTP", "begin anew: the secret is over")
	}
	if err != nil {
		return nil, err
	}
	shared, err := s.sealer.Open(c.Data, sc.Actor)
	if err != nil {
		return nil, err
	}
	step, ok := stepOf(shared, code, tx.Now(), 0)
	if !ok {
		return nil, fail.Field("access.ConfirmTOTP", "code", "it is not the code of this moment; check the clock of your device")
	}
	tx.Write(`DELETE FROM access_challenge WHERE id = $1`, c.ID)
	tx.Write(`UPDATE access_user SET totp = $1, totp_step = $2, updated_at = $3 WHERE id = $4`, c.Data, step, tx.Now(), sc.Actor)
	tx.Write(`DELETE FROM access_recovery WHERE user_id = $1`, sc.Actor)
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = secret.Code(recoveryLength)
		tx.Write(`INSERT INTO access_recovery (user_id, number, verifier) VALUES ($1, $2, $3)`, sc.Actor, i+1, s.codes.Make([]byte(codes[i])))
		codes[i] = codes[i][:4] + "-" + codes[i][4:8] + "-" + codes[i][8:]
	}
	endOthers(tx, sc.Actor, session)
	return codes, nil
}

// RemoveTOTP turns the second factor off. Whether the person knows the password
// is the caller's to check.
func RemoveTOTP(tx *store.Tx, user string) {
	tx.Write(`UPDATE access_user SET totp = '', totp_step = 0, updated_at = $1 WHERE id = $2`, tx.Now(), user)
	tx.Write(`DELETE FROM access_recovery WHERE user_id = $1`, user)
}

// useCode uses up a TOTP code or a recovery code.
func (s *SignIn) useCode(tx *store.Tx, u User, code string) (bool, error) {
	shared, err := s.sealer.Open(u.totp, u.ID)
	if err != nil {
		return false, err
	}
	code = strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(code)) // look-alikes of the alphabet
	if step, ok := stepOf(shared, code, tx.Now(), u.totpStep); ok {
		tx.Write(`UPDATE access_user SET totp_step = $1 WHERE id = $2`, step, u.ID)
		return true, nil
	}
	if len(code) != recoveryLength {
		return false, nil
	}
	type row struct {
		number   int64
		verifier string
	}
	rows, err := store.All(tx, func(r *store.Row) row { return row{r.Int(0), r.Text(1)} }, `SELECT number, verifier FROM access_recovery WHERE user_id = $1 ORDER BY number`, u.ID)
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		if s.codes.Check(r.verifier, []byte(code)) {
			tx.Write(`DELETE FROM access_recovery WHERE user_id = $1 AND number = $2`, u.ID, r.number)
			return true, nil
		}
	}
	return false, nil
}

// stepOf returns the time step whose code was given: this one or a neighbour,
// later than the last used one.
func stepOf(shared, code string, now time.Time, used int64) (int64, bool) {
	here := now.Unix() / totpStep
	for _, step := range []int64{here - 1, here, here + 1} {
		want, err := totp.GenerateCodeCustom(shared, time.Unix(step*totpStep, 0), totp.ValidateOpts{Period: totpStep, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && step > used && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}
