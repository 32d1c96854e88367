package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// member is an argument, or a block of more of them.
type member struct {
	Type     string            `json:"type"`
	Block    map[string]member `json:"block"`
	Required bool              `json:"required"`
}

type resource struct {
	Arguments  map[string]member `json:"arguments"`
	Attributes []string          `json:"attributes"`
}

func readSchemas(file string) (map[string]*tfprotov6.Schema, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("MILLRACE_PROVIDER_SCHEMA: %w", err)
	}
	var all struct {
		Resources map[string]resource `json:"resources"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	schemas := make(map[string]*tfprotov6.Schema, len(all.Resources))
	for name, one := range all.Resources {
		block, err := blockOf(one.Arguments, true)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, attribute := range one.Attributes {
			// The extract has the blocks among them, too.
			if _, isArgument := one.Arguments[attribute]; !isArgument {
				block.Attributes = append(block.Attributes, computed(attribute))
			}
		}
		schemas[name] = &tfprotov6.Schema{Block: block}
	}
	return schemas, nil
}

// blockOf takes every optional argument of a resource itself for one the service may fill in: which those are, the
// extract does not say.
func blockOf(arguments map[string]member, isResource bool) (*tfprotov6.SchemaBlock, error) {
	block := &tfprotov6.SchemaBlock{}
	for name, one := range arguments {
		if one.Block != nil {
			inner, err := blockOf(one.Block, false)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			nested := &tfprotov6.SchemaNestedBlock{
				TypeName: name,
				Block:    inner,
				Nesting:  tfprotov6.SchemaNestedBlockNestingModeList,
			}
			if one.Required {
				nested.MinItems = 1
			}
			block.BlockTypes = append(block.BlockTypes, nested)
			continue
		}
		kind, known := types[one.Type]
		if !known {
			return nil, fmt.Errorf("%s: no type %q", name, one.Type)
		}
		block.Attributes = append(block.Attributes, &tfprotov6.SchemaAttribute{
			Name:     name,
			Type:     kind,
			Required: one.Required,
			Optional: !one.Required,
			Computed: isResource && !one.Required,
		})
	}
	return block, nil
}

// types of the extract; what lists and maps have in them it does not say, and here it is text.
var types = map[string]tftypes.Type{
	"string":  tftypes.String,
	"number":  tftypes.Number,
	"boolean": tftypes.Bool,
	"list":    tftypes.List{ElementType: tftypes.String},
	"map":     tftypes.Map{ElementType: tftypes.String},
}

func computed(name string) *tfprotov6.SchemaAttribute {
	return &tfprotov6.SchemaAttribute{Name: name, Type: tftypes.String, Computed: true}
}

// dataSources that modules read, with what they answer.
var dataSources = map[string]map[string]string{
	"aws_caller_identity": {"account_id": "111122223333", "arn": "arn:aws:iam::111122223333:root", "user_id": "root"},
	"aws_partition":       {"partition": "aws", "dns_suffix": "amazonaws.com", "reverse_dns_prefix": "com.amazonaws"},
	"aws_region":          {"region": "us-east-1", "description": "US East (N. Virginia)", "endpoint": "ec2.us-east-1.amazonaws.com"},
}

func dataSchema(answers map[string]string) *tfprotov6.Schema {
	block := &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{computed("id")}}
	for name := range answers {
		block.Attributes = append(block.Attributes, computed(name))
	}
	return &tfprotov6.Schema{Block: block}
}
