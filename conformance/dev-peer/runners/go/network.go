package main

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials"
)

const (
	ownOrganization = "org1.example.com"
	connectTimeout  = 30 * time.Second
	maxMessage      = 100 << 20
)

// network is the peer and its users, from a folder in cryptogen's layout.
type network struct {
	options       options
	organizations string
	connection    *grpc.ClientConn
	gateways      map[string]*client.Gateway
}

func connect(options options) (*network, error) {
	organizations := filepath.Join(options.organizations, "peerOrganizations")
	peer := filepath.Join(organizations, ownOrganization, "peers", "peer0."+ownOrganization)
	file := filepath.Join(peer, "tls", "ca.crt")
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the peer's CA: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	connection, err := grpc.NewClient(
		options.endpoint,
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: roots, ServerName: options.hostAlias})),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
	)
	if err != nil {
		return nil, err
	}
	network := &network{options, organizations, connection, map[string]*client.Gateway{}}
	return network, network.waitUntilReady()
}

func (network *network) waitUntilReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	network.connection.Connect()
	for state := network.connection.GetState(); state != connectivity.Ready; state = network.connection.GetState() {
		if !network.connection.WaitForStateChange(ctx, state) {
			return fmt.Errorf("no peer answers at %s within %s", network.options.endpoint, connectTimeout)
		}
	}
	return nil
}

func (network *network) close() {
	_ = network.connection.Close()
}

// language is the language that the contract reports.
func (network *network) language() (string, error) {
	gateway, err := network.gateway(step{})
	if err != nil {
		return "", err
	}
	contract := gateway.GetNetwork(network.options.channel).GetContract(network.options.chaincode)
	answer, err := contract.EvaluateTransaction("About")
	// A peer learns only after the commit, through gossip, that it has the chaincode.
	for end := time.Now().Add(eventually); err != nil && time.Now().Before(end); {
		time.Sleep(betweenTries)
		answer, err = contract.EvaluateTransaction("About")
	}
	if err != nil {
		return "", fmt.Errorf("cannot evaluate About of %s on %s: %w", network.options.chaincode, network.options.channel, err)
	}
	var about struct{ Language string }
	err = json.Unmarshal(answer, &about)
	return about.Language, err
}

func (network *network) hasUser(name string) bool {
	_, err := os.Stat(network.folderOf(name))
	return err == nil
}

// folderOf finds "Admin", a user of org1, and "User1@org2.example.com", one of another organization.
func (network *network) folderOf(name string) string {
	user, organization := userOf(name)
	return filepath.Join(network.organizations, organization, "users", user+"@"+organization, "msp")
}

func userOf(name string) (user, organization string) {
	if name == "" {
		name = "User1"
	}
	user, organization, found := strings.Cut(name, "@")
	if !found {
		organization = ownOrganization
	}
	return user, organization
}

// gateway is the gateway of a step's user, who may sign incorrectly or name another organization.
func (network *network) gateway(step step) (*client.Gateway, error) {
	key := strings.Join([]string{step.text("as"), step.text("signature"), step.text("msp_id")}, " ")
	if gateway, known := network.gateways[key]; known {
		return gateway, nil
	}
	_, organization := userOf(step.text("as"))
	mspID := step.text("msp_id")
	if mspID == "" {
		name, _, _ := strings.Cut(organization, ".")
		mspID = strings.ToUpper(name[:1]) + name[1:] + "MSP"
	}
	sign, err := network.signer(step.text("as"))
	if err != nil {
		return nil, err
	}
	id, err := network.identity(step.text("as"), mspID)
	if err != nil {
		return nil, err
	}
	gateway, err := client.Connect(
		id,
		client.WithSign(distorted(sign, step.text("signature"))),
		client.WithHash(hash.SHA256),
		client.WithClientConnection(network.connection),
		client.WithEvaluateTimeout(time.Minute),
		client.WithEndorseTimeout(time.Minute),
		client.WithSubmitTimeout(10*time.Second),
		client.WithCommitStatusTimeout(time.Minute),
	)
	network.gateways[key] = gateway
	return gateway, err
}

func (network *network) identity(user, mspID string) (*identity.X509Identity, error) {
	pem, err := readOnly(filepath.Join(network.folderOf(user), "signcerts"))
	if err != nil {
		return nil, err
	}
	certificate, err := identity.CertificateFromPEM(pem)
	if err != nil {
		return nil, err
	}
	return identity.NewX509Identity(mspID, certificate)
}

func (network *network) signer(user string) (identity.Sign, error) {
	pem, err := readOnly(filepath.Join(network.folderOf(user), "keystore"))
	if err != nil {
		return nil, err
	}
	var key crypto.PrivateKey
	if key, err = identity.PrivateKeyFromPEM(pem); err != nil {
		return nil, err
	}
	return identity.NewPrivateKeySign(key)
}

func distorted(sign identity.Sign, how string) identity.Sign {
	switch how {
	case "wrong":
		other := sha256.Sum256([]byte("something else"))
		return func([]byte) ([]byte, error) { return sign(other[:]) }
	case "high-s":
		return func(digest []byte) ([]byte, error) {
			signature, err := sign(digest)
			if err != nil {
				return nil, err
			}
			return highS(signature)
		}
	}
	return sign
}

// highS returns the other valid signature: S becomes N - S. The SDK always uses the low one.
func highS(signature []byte) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &pair); err != nil {
		return nil, err
	}
	pair.S.Sub(elliptic.P256().Params().N, pair.S)
	return asn1.Marshal(pair)
}

// readOnly reads the only file of a folder.
func readOnly(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New(folder + " is empty")
	}
	return os.ReadFile(filepath.Join(folder, entries[0].Name()))
}
