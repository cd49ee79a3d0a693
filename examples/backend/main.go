// Command backend is a CRM that ranks leads by a policy.
package main

import (
	"flag"
	"net/http"

	"github.com/qualify-go/qualify/examples/backend/crm"
	"github.com/qualify-go/qualify/examples/backend/web"
)

func main() {
	flag.Parse()
	var s *crm.Service
	mux := http.NewServeMux()
	mux.Handle("/api/", web.API(s))
	mux.Handle("/healthz", web.API(s))
}
