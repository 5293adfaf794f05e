// The program application: an asset-transfer client that finds peer and identity like Fabric's sample applications.
package main

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-gateway/pkg/hash"
	"github.com/hyperledger/fabric-gateway/pkg/identity"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

// env reads a variable, or returns the default in the sample applications.
func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	cryptoPath := env("CRYPTO_PATH", "../../test-network/organizations/peerOrganizations/org1.example.com")
	connection, err := dial(cryptoPath)
	if err != nil {
		return err
	}
	defer connection.Close()
	id, sign, err := user(filepath.Join(cryptoPath, "users", "User1@org1.example.com", "msp"))
	if err != nil {
		return err
	}
	// The timeouts of the sample applications.
	gateway, err := client.Connect(
		id,
		client.WithSign(sign),
		client.WithHash(hash.SHA256),
		client.WithClientConnection(connection),
		client.WithEvaluateTimeout(5*time.Second),
		client.WithEndorseTimeout(15*time.Second),
		client.WithSubmitTimeout(5*time.Second),
		client.WithCommitStatusTimeout(time.Minute),
	)
	if err != nil {
		return err
	}
	defer gateway.Close()
	network := gateway.GetNetwork(env("CHANNEL_NAME", "mychannel"))
	return useContract(network.GetContract(env("CHAINCODE_NAME", "basic")))
}

func dial(cryptoPath string) (*grpc.ClientConn, error) {
	file := env("TLS_CERT_PATH", filepath.Join(cryptoPath, "peers", "peer0.org1.example.com", "tls", "ca.crt"))
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	certificate, err := identity.CertificateFromPEM(pem)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	transport := credentials.NewClientTLSFromCert(roots, env("PEER_HOST_ALIAS", "peer0.org1.example.com"))
	return grpc.NewClient(env("PEER_ENDPOINT", "dns:///localhost:7051"), grpc.WithTransportCredentials(transport))
}

func user(msp string) (*identity.X509Identity, identity.Sign, error) {
	certificatePEM, err := readOnly(filepath.Join(msp, "signcerts"))
	if err != nil {
		return nil, nil, err
	}
	certificate, err := identity.CertificateFromPEM(certificatePEM)
	if err != nil {
		return nil, nil, err
	}
	id, err := identity.NewX509Identity(env("MSP_ID", "Org1MSP"), certificate)
	if err != nil {
		return nil, nil, err
	}
	keyPEM, err := readOnly(filepath.Join(msp, "keystore"))
	if err != nil {
		return nil, nil, err
	}
	key, err := identity.PrivateKeyFromPEM(keyPEM)
	if err != nil {
		return nil, nil, err
	}
	sign, err := identity.NewPrivateKeySign(key)
	return id, sign, err
}

// readOnly reads the first file of a folder.
func readOnly(folder string) ([]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s is empty", folder)
	}
	return os.ReadFile(filepath.Join(folder, entries[0].Name()))
}

type asset struct {
	AppraisedValue uint32
	Color          string
	ID             string
	Owner          string
	Size           uint32
}

// useContract calls the functions that the samples of this repository in all languages have in common.
func useContract(contract *client.Contract) error {
	if _, err := contract.SubmitTransaction("InitLedger"); err != nil {
		return err
	}
	var assets []asset
	if err := evaluate(contract, &assets, "GetAllAssets"); err != nil {
		return err
	}
	if err := say("InitLedger", len(assets) >= 6); err != nil {
		return err
	}
	id := fmt.Sprintf("asset%d", time.Now().UnixMilli())
	if _, err := contract.SubmitTransaction("CreateAsset", id, "yellow", "5", "Tom", "1300"); err != nil {
		return err
	}
	var created asset
	if err := evaluate(contract, &created, "ReadAsset", id); err != nil {
		return err
	}
	if err := say("CreateAsset", created == asset{1300, "yellow", id, "Tom", 5}); err != nil {
		return err
	}
	_, commit, err := contract.SubmitAsync("DeleteAsset", client.WithArguments(id))
	if err != nil {
		return err
	}
	status, err := commit.Status()
	if err != nil {
		return err
	}
	if err := say("DeleteAsset", status.Successful && status.BlockNumber > 0); err != nil {
		return err
	}
	_, err = contract.SubmitTransaction("DeleteAsset", id)
	return say("an error from the endorser", strings.HasSuffix(detail(err), fmt.Sprintf("the asset %s does not exist", id)))
}

func evaluate(contract *client.Contract, answer any, function string, arguments ...string) error {
	payload, err := contract.EvaluateTransaction(function, arguments...)
	if err != nil {
		return err
	}
	return json.Unmarshal(payload, answer)
}

// detail is the message of the first ErrorDetail, which contains the contract's text.
func detail(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if detail, ok := detail.(*gateway.ErrorDetail); ok {
			return detail.GetMessage()
		}
	}
	return ""
}

func say(what string, isRight bool) error {
	if !isRight {
		return fmt.Errorf("FAIL %s", what)
	}
	fmt.Printf("ok   %s\n", what)
	return nil
}
