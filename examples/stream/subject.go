package main

import (
	"encoding/base64"
	"fmt"
)

// The subjects. A lead's last part is its token; the stream of leads puts the number of
// the lead's partition before it.
//
//	facts.<lead>     what is learnt of a lead
//	due.<lead>       the lead must be assessed again
//	wakes.<lead>     when the server must send due.<lead>
//	verdicts.<lead>  the lead's changes of stage
//	rejected         messages that were set aside
const (
	facts    = "facts."
	due      = "due."
	wakes    = "wakes."
	verdicts = "verdicts."
	rejected = "rejected"
)

// maxID bounds a lead's ID, in bytes, because it is part of subjects and keys.
const maxID = 512

// tokens makes any ID a part of a subject and the key of a bucket. It can be read back by
// anyone: it hides nothing.
var tokens = base64.RawURLEncoding.Strict()

// token gives the part of subjects that stands for a lead.
func token(lead string) (string, error) {
	if lead == "" || len(lead) > maxID {
		return "", fmt.Errorf("the ID of a lead has %d bytes: give 1 to %d", len(lead), maxID)
	}
	return tokens.EncodeToString([]byte(lead)), nil
}

// leadOf gives the ID that a token stands for.
func leadOf(token string) (string, error) {
	id, err := tokens.DecodeString(token)
	if err != nil || len(id) == 0 || len(id) > maxID {
		return "", rejection("the subject ends with no lead: encode its ID as URL-safe base64 without padding")
	}
	return string(id), nil
}
