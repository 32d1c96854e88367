// Command terraform-provider-aws stands in for the AWS provider of Terraform where that cannot be loaded. It has the
// schema of the real one, extracted from it (MILLRACE_PROVIDER_SCHEMA is the file), and nothing else: it knows which
// arguments there are, of which types, and which are required; it makes nothing, and asks no one.
package main

import (
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

func main() {
	schemas, err := readSchemas(os.Getenv("MILLRACE_PROVIDER_SCHEMA"))
	if err == nil {
		err = tf6server.Serve("registry.terraform.io/hashicorp/aws", func() tfprotov6.ProviderServer {
			return &provider{resources: schemas, data: dataSources}
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
