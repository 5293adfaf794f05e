package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-admin-sdk/pkg/identity"
	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

const (
	mspID    = "Org1MSP"
	hostname = "peer0.org1.example.com"
	channel  = "mychannel"
)

// network is a peer with connections of an administrator and a user.
type network struct {
	connection *grpc.ClientConn
	// admin and user are for installation; adminGateway is for approval and commit.
	admin, user               *chaincode.Peer
	adminGateway, userGateway *chaincode.Gateway
	contracts                 *client.Network
}

// connect uses the variables of Fabric's sample applications.
func connect() (*network, error) {
	cryptoPath := os.Getenv("CRYPTO_PATH")
	pem, err := os.ReadFile(filepath.Join(cryptoPath, "peers", hostname, "tls", "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("there is no certificate of a CA in %s", cryptoPath)
	}
	transport := credentials.NewClientTLSFromCert(roots, hostname)
	connection, err := grpc.NewClient(os.Getenv("PEER_ENDPOINT"), grpc.WithTransportCredentials(transport))
	if err != nil {
		return nil, err
	}
	admin, err := signer(cryptoPath, "Admin@org1.example.com")
	if err != nil {
		return nil, err
	}
	user, err := signer(cryptoPath, "User1@org1.example.com")
	if err != nil {
		return nil, err
	}
	gateway, err := client.Connect(user, client.WithClientConnection(connection), client.WithHash(hash.NONE), client.WithSign(user.Sign))
	if err != nil {
		return nil, err
	}
	return &network{
		connection:   connection,
		admin:        chaincode.NewPeer(connection, admin),
		user:         chaincode.NewPeer(connection, user),
		adminGateway: chaincode.NewGateway(connection, admin),
		userGateway:  chaincode.NewGateway(connection, user),
		contracts:    gateway.GetNetwork(channel),
	}, nil
}

// signer reads the first certificate and the first key of a user.
func signer(cryptoPath, name string) (identity.SigningIdentity, error) {
	msp := filepath.Join(cryptoPath, "users", name, "msp")
	certificateFile, err := first(filepath.Join(msp, "signcerts"))
	if err != nil {
		return nil, err
	}
	certificate, err := identity.ReadCertificate(certificateFile)
	if err != nil {
		return nil, err
	}
	keyFile, err := first(filepath.Join(msp, "keystore"))
	if err != nil {
		return nil, err
	}
	key, err := identity.ReadPrivateKey(keyFile)
	if err != nil {
		return nil, err
	}
	return identity.NewPrivateKeySigningIdentity(mspID, certificate, key)
}

func first(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	if len(entries) == 0 {
		return "", fmt.Errorf("%s is empty", folder)
	}
	return filepath.Join(folder, entries[0].Name()), nil
}
