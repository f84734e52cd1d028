package platform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tributary/internal/errs"
)

// The headers of HubSpot's signature, version 3.
const (
	HubSpotSignature = "X-HubSpot-Signature-v3"
	HubSpotTimestamp = "X-HubSpot-Request-Timestamp" // unix milliseconds
)

// hubSpotWindow is how old a request may be; an older one is a replay.
const hubSpotWindow = 5 * time.Minute

// hubSpotDecoded are the escapes that HubSpot undoes in the URI it signs.
var hubSpotDecoded = strings.NewReplacer("%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'",
	"%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";")

// VerifyHubSpot checks the signature over method, URI, body and timestamp, and
// that the request is not older than five minutes (developers.hubspot.com,
// "Validating requests"). uri is the whole address that was called.
func VerifyHubSpot(secret, method, uri string, h http.Header, body []byte, now time.Time) error {
	ms, err := strconv.ParseInt(h.Get(HubSpotTimestamp), 10, 64)
	if err != nil {
		return errs.New(errs.Unauthorized, "signature_missing", "The header "+HubSpotTimestamp+" must hold the time in milliseconds.")
	}
	if age := now.Sub(time.UnixMilli(ms)); age > hubSpotWindow || age < -hubSpotWindow {
		return errs.New(errs.Unauthorized, "signature_expired", "The request is older than five minutes.")
	}
	given, err := base64.StdEncoding.DecodeString(h.Get(HubSpotSignature))
	if err != nil || !hmac.Equal(given, hubSpotMAC(secret, method, uri, body, ms)) {
		return errs.New(errs.Unauthorized, "signature_invalid", "The signature is not that of this request.")
	}
	return nil
}

// SignHubSpot is the signature that HubSpot would send.
func SignHubSpot(secret, method, uri string, body []byte, at time.Time) (signature, timestamp string) {
	ms := at.UnixMilli()
	return base64.StdEncoding.EncodeToString(hubSpotMAC(secret, method, uri, body, ms)), strconv.FormatInt(ms, 10)
}

func hubSpotMAC(secret, method, uri string, body []byte, ms int64) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(method + hubSpotDecoded.Replace(uri)))
	m.Write(body)
	m.Write([]byte(strconv.FormatInt(ms, 10)))
	return m.Sum(nil)
}
