package main

import (
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// embedded starts a NATS server with JetStream that keeps its streams in a folder. Only
// programs on this machine reach it. The port -1 is a free one.
func embedded(folder string, port int) (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "embedded", Host: "127.0.0.1", Port: port,
		JetStream: true, StoreDir: folder,
		NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, errors.New("the embedded server did not start within 10 seconds")
	}
	return s, nil
}
