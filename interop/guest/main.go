// SPDX-License-Identifier: Apache-2.0

// Asks for a report as any Go program does that uses go-configfs-tsm, and writes it to standard output.
package main

import (
	"fmt"
	"os"

	"github.com/google/go-configfs-tsm/configfs/linuxtsm"
	"github.com/google/go-configfs-tsm/report"
)

func main() {
	nonce := make([]byte, 64)
	for i := range nonce {
		nonce[i] = byte(i)
	}
	client, err := linuxtsm.MakeClient()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	r, err := report.Get(client, &report.Request{InBlob: nonce, GetAuxBlob: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "provider %q, outblob %d, auxblob %d\n", r.Provider, len(r.OutBlob), len(r.AuxBlob))
	os.Stdout.Write(r.OutBlob)
}
