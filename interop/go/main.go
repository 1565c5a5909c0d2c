// A relying party on the released Go module github.com/veraison/ccatoken: decode, validate, verify, compare the challenge.
// Exit 0 accepts, 1 refuses, 77 has no trust anchor to try; a panic is an abort. `stage:` names are those of `vcca golden run`.
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/veraison/ccatoken"
)

const (
	exitRefused     = 1
	exitUsage       = 2
	exitUnsupported = 77

	challengeSize = 64
)

func refuse(stage string, err error) {
	if stage != "" {
		fmt.Println("stage:", stage)
	}
	fmt.Println("refused:", err)
	os.Exit(exitRefused)
}

func usage(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(exitUsage)
}

func readKey(path string) crypto.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		usage(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		usage(fmt.Errorf("%s: no PEM", path))
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		usage(err)
	}
	return key
}

func main() {
	cpak := flag.String("cpak", "", "the CPAK's public key, PEM")
	challenge := flag.String("challenge", "", "the challenge that was sent, hex")
	flag.Parse()
	if flag.NArg() != 1 {
		usage(fmt.Errorf("usage: go-ccatoken [-cpak PEM] [-challenge HEX] TOKEN"))
	}
	token, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		usage(err)
	}
	want, err := hex.DecodeString(*challenge)
	if err != nil {
		usage(err)
	}

	evidence, err := ccatoken.DecodeEvidenceFromCBOR(token)
	if err != nil {
		refuse("", err) // the module does not say at which layer
	}
	if err := evidence.Validate(); err != nil {
		refuse("claims", err)
	}
	if *cpak == "" {
		os.Exit(exitUnsupported)
	}
	if err := evidence.Verify(readKey(*cpak)); err != nil {
		if strings.HasPrefix(err.Error(), "binding") {
			refuse("binding", err)
		}
		refuse("sig", err)
	}
	// Freshness is the caller's part. A shorter challenge is padded with zeros.
	if len(want) > 0 {
		want = append(want, make([]byte, max(0, challengeSize-len(want)))...)
		got, err := evidence.RealmClaims.GetChallenge()
		if err != nil {
			refuse("policy", err)
		}
		if !bytes.Equal(got, want) {
			refuse("policy", fmt.Errorf("another challenge"))
		}
	}
	fmt.Println("accepted")
}
