// Command bundle-check verifies bundles with Go's own note, tlog and ecdsa packages. Each line of its input is one request in
// JSON; each line of its output is "ok", or "refused" with the reason.
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type request struct {
	// PublicKey and Bundle ask for signature, log entry and inclusion.
	PublicKey string          `json:"publicKey"`
	Bundle    json.RawMessage `json:"bundle"`
	// Old, New and Proof ask whether one checkpoint's tree grew into another's.
	Old   string   `json:"old"`
	New   string   `json:"new"`
	Proof [][]byte `json:"proof"`
	// VerifierKeys are the keys of the log.
	VerifierKeys []string `json:"verifierKeys"`
}

type bundle struct {
	VerificationMaterial struct {
		PublicKey struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
		TlogEntries []struct {
			LogIndex       string `json:"logIndex"`
			InclusionProof struct {
				LogIndex   string   `json:"logIndex"`
				RootHash   []byte   `json:"rootHash"`
				TreeSize   string   `json:"treeSize"`
				Hashes     [][]byte `json:"hashes"`
				Checkpoint struct {
					Envelope string `json:"envelope"`
				} `json:"checkpoint"`
			} `json:"inclusionProof"`
			CanonicalizedBody []byte `json:"canonicalizedBody"`
		} `json:"tlogEntries"`
	} `json:"verificationMaterial"`
	DsseEnvelope struct {
		Payload     []byte `json:"payload"`
		PayloadType string `json:"payloadType"`
		Signatures  []struct {
			Sig   []byte `json:"sig"`
			KeyID string `json:"keyid"`
		} `json:"signatures"`
	} `json:"dsseEnvelope"`
}

type entry struct {
	Spec struct {
		HashedRekord struct {
			Data struct {
				Digest []byte `json:"digest"`
			} `json:"data"`
			Signature struct {
				Content  []byte `json:"content"`
				Verifier struct {
					PublicKey struct {
						RawBytes []byte `json:"rawBytes"`
					} `json:"publicKey"`
				} `json:"verifier"`
			} `json:"signature"`
		} `json:"hashedRekordV002"`
	} `json:"spec"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		if err := check(lines.Bytes()); err != nil {
			fmt.Fprintf(out, "refused: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(out, "ok")
		}
	}
}

func check(line []byte) error {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return err
	}
	if asked.Old != "" {
		return checkGrowth(asked)
	}
	return checkBundle(asked)
}

// openCheckpoint gives the tree that one of the log's keys signed.
func openCheckpoint(text string, keys []string) (tlog.Tree, error) {
	var known []note.Verifier
	for _, key := range keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			return tlog.Tree{}, err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open([]byte(text), note.VerifierList(known...))
	if err != nil {
		return tlog.Tree{}, err
	}
	parts := strings.Split(opened.Text, "\n")
	if len(parts) < 4 || parts[0] != opened.Sigs[0].Name {
		return tlog.Tree{}, errors.New("not a checkpoint of the log that signed it")
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("the root is not a hash")
	}
	return tlog.Tree{N: size, Hash: tlog.Hash(root)}, nil
}

func hashes(raw [][]byte) ([]tlog.Hash, error) {
	var all []tlog.Hash
	for _, one := range raw {
		if len(one) != tlog.HashSize {
			return nil, errors.New("a proof's hash has another length")
		}
		all = append(all, tlog.Hash(one))
	}
	return all, nil
}

func checkGrowth(asked request) error {
	older, err := openCheckpoint(asked.Old, asked.VerifierKeys)
	if err != nil {
		return err
	}
	newer, err := openCheckpoint(asked.New, asked.VerifierKeys)
	if err != nil {
		return err
	}
	proof, err := hashes(asked.Proof)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, newer.N, newer.Hash, older.N, older.Hash)
}

func checkBundle(asked request) error {
	var given bundle
	if err := json.Unmarshal(asked.Bundle, &given); err != nil {
		return err
	}
	signatures, entries := given.DsseEnvelope.Signatures, given.VerificationMaterial.TlogEntries
	if len(signatures) != 1 || len(entries) != 1 {
		return errors.New("not one signature and one entry")
	}
	if given.VerificationMaterial.PublicKey.Hint != signatures[0].KeyID {
		return errors.New("the hint is not the key id")
	}
	block, _ := pem.Decode([]byte(asked.PublicKey))
	if block == nil {
		return errors.New("no public key")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	key, isECDSA := parsed.(*ecdsa.PublicKey)
	if !isECDSA {
		return errors.New("not an ECDSA key")
	}
	payload, kind := given.DsseEnvelope.Payload, given.DsseEnvelope.PayloadType
	signed := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
	digest := sha256.Sum256(signed)
	if !ecdsa.VerifyASN1(key, digest[:], signatures[0].Sig) {
		return errors.New("the signature does not verify")
	}
	var logged entry
	if err := json.Unmarshal(entries[0].CanonicalizedBody, &logged); err != nil {
		return err
	}
	record := logged.Spec.HashedRekord
	if !bytes.Equal(record.Data.Digest, digest[:]) ||
		!bytes.Equal(record.Signature.Content, signatures[0].Sig) ||
		!bytes.Equal(record.Signature.Verifier.PublicKey.RawBytes, block.Bytes) {
		return errors.New("the entry is about something else")
	}
	tree, err := openCheckpoint(entries[0].InclusionProof.Checkpoint.Envelope, asked.VerifierKeys)
	if err != nil {
		return err
	}
	inclusion := entries[0].InclusionProof
	if !bytes.Equal(inclusion.RootHash, tree.Hash[:]) || inclusion.TreeSize != strconv.FormatInt(tree.N, 10) || inclusion.LogIndex != entries[0].LogIndex {
		return errors.New("proof and checkpoint speak of different trees")
	}
	index, err := strconv.ParseInt(inclusion.LogIndex, 10, 64)
	if err != nil {
		return err
	}
	proof, err := hashes(inclusion.Hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[0].CanonicalizedBody))
}
