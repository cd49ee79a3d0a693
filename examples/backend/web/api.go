// Package web serves the CRM over HTTP: an API in JSON (api.go), and pages.
package web

import (
	"net/http"

	"github.com/qualify-go/qualify/examples/backend/crm"
)

// API serves:
//
//	POST /api/activities        one fact, or a list of them
//	POST /api/leads/{id}        attributes
//	GET  /api/leads/{id}        a lead, with its assessment as of now
//	GET  /api/leads?stage=&page=
//	GET  /healthz
//
// Mount it at /api/ and /healthz; all other paths are those of pages.
func API(s *crm.Service) http.Handler { panic("not yet") }
