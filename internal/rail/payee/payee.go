// Package payee is how an influencer is paid, as they told it themselves: sealed
// where it is stored, opened for the file to pay from, and shown with all but
// its end hidden.
package payee

import (
	"encoding/base64"
	"fmt"
	netmail "net/mail"
	"strings"

	"tributary/internal/errs"
	"tributary/internal/seal"
)

// The kinds.
const (
	PayPal      = "paypal"
	Bank        = "bank"
	StoreCredit = "store_credit"
)

// Method is how somebody is paid.
type Method struct {
	Kind    string
	Account string // PayPal: the address; Bank: the IBAN or account number; StoreCredit: the address at the store
	Holder  string // Bank: whose account it is
	BIC     string // Bank: where the account needs one
}

// Check tidies the method and reports every wrong field.
func (m *Method) Check() error {
	var w errs.Wrong
	m.Account, m.Holder, m.BIC = w.Text("account", m.Account, 1, 100), w.Text("holder", m.Holder, 0, 100), w.Text("bic", m.BIC, 0, 11)
	switch m.Kind {
	case PayPal, StoreCredit:
		a, err := netmail.ParseAddress(m.Account)
		w.When(m.Account != "" && (err != nil || a.Address != m.Account), "account", "must be an e-mail address")
		w.When(m.Holder != "" || m.BIC != "", "holder", "and bic belong to kind bank only")
	case Bank:
		m.Account = strings.ToUpper(strings.ReplaceAll(m.Account, " ", ""))
		w.When(strings.ContainsFunc(m.Account, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-' }), "account", "must be an IBAN or an account number")
		w.When(len(m.Account) > 4 && isIBAN(m.Account) && !checksOut(m.Account), "account", "is no IBAN: its check digits are wrong")
		w.When(m.Holder == "", "holder", "must not be empty")
	default:
		w.When(true, "kind", "must be paypal, bank or store_credit")
	}
	return w.Err("invalid_payout_method", "You cannot be paid like this.")
}

func isIBAN(s string) bool {
	return s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= '0' && s[2] <= '9' && s[3] >= '0' && s[3] <= '9'
}

// checksOut is ISO 13616: letters are numbers, the first four go last, and the
// whole is 1 modulo 97.
func checksOut(s string) bool {
	rest := 0
	for _, r := range s[4:] + s[:4] {
		switch {
		case r >= '0' && r <= '9':
			rest = (rest*10 + int(r-'0')) % 97
		case r >= 'A' && r <= 'Z':
			rest = (rest*100 + int(r-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// line is the method in one line, as the file to pay from has it.
func (m Method) line() string {
	return strings.TrimSpace(strings.Join(strings.Fields(m.Kind+" "+m.Account+" "+m.BIC+" "+m.Holder), " "))
}

const sealed = "sealed:"

// Seal is what is stored of a method.
func Seal(keys *seal.Keys, shopID, influencerID int64, m Method) string {
	return sealed + base64.StdEncoding.EncodeToString(keys.Seal([]byte(m.line()), place(shopID, influencerID)))
}

// Open returns what the file to pay from says for a stored detail: what was
// sealed, or what a merchant has typed.
func Open(keys *seal.Keys, shopID, influencerID int64, detail string) (string, error) {
	rest, ok := strings.CutPrefix(detail, sealed)
	if !ok {
		return detail, nil
	}
	b, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		return "", fmt.Errorf("payout detail of influencer %d: %w", influencerID, err)
	}
	plain, err := keys.Open(b, place(shopID, influencerID))
	if err != nil {
		return "", fmt.Errorf("payout detail of influencer %d: %w", influencerID, err)
	}
	return string(plain), nil
}

// IsSealed reports whether the influencer has told it themselves.
func IsSealed(detail string) bool { return strings.HasPrefix(detail, sealed) }

// Mask is a detail of which one sees the kind and the end.
func Mask(detail string) string {
	kind, rest, ok := strings.Cut(detail, " ")
	if !ok {
		kind, rest = "", detail
	}
	account, _, _ := strings.Cut(rest, " ")
	if at := strings.LastIndexByte(account, '@'); at > 0 {
		return strings.TrimSpace(kind + " " + account[:1] + "…" + account[at:])
	}
	return strings.TrimSpace(kind + " …" + account[max(0, len(account)-4):])
}

func place(shopID, influencerID int64) []byte {
	return fmt.Appendf(nil, "shop/%d/influencer/%d/payee", shopID, influencerID)
}
