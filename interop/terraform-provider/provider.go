package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// provider answers what validate and plan ask. What they do not ask is left to the interface it embeds, and would
// panic.
type provider struct {
	tfprotov6.ProviderServer
	resources map[string]*tfprotov6.Schema
	data      map[string]map[string]string
}

func (p *provider) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	response := &tfprotov6.GetMetadataResponse{}
	for name := range p.resources {
		response.Resources = append(response.Resources, tfprotov6.ResourceMetadata{TypeName: name})
	}
	for name := range p.data {
		response.DataSources = append(response.DataSources, tfprotov6.DataSourceMetadata{TypeName: name})
	}
	return response, nil
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	data := make(map[string]*tfprotov6.Schema, len(p.data))
	for name, answers := range p.data {
		data[name] = dataSchema(answers)
	}
	return &tfprotov6.GetProviderSchemaResponse{
		Provider:          &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}},
		ResourceSchemas:   p.resources,
		DataSourceSchemas: data,
	}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) ValidateProviderConfig(_ context.Context, request *tfprotov6.ValidateProviderConfigRequest) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (p *provider) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

// ValidateResourceConfig has nothing to add: types, and what is required, Terraform judges by the schema.
func (p *provider) ValidateResourceConfig(context.Context, *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (p *provider) ValidateDataResourceConfig(context.Context, *tfprotov6.ValidateDataResourceConfigRequest) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (p *provider) ReadDataSource(_ context.Context, request *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	answers, known := p.data[request.TypeName]
	if !known {
		return nil, fmt.Errorf("no data source %s", request.TypeName)
	}
	members := map[string]tftypes.Value{"id": tftypes.NewValue(tftypes.String, request.TypeName)}
	for name, answer := range answers {
		members[name] = tftypes.NewValue(tftypes.String, answer)
	}
	kind := dataSchema(answers).ValueType()
	state, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, members))
	return &tfprotov6.ReadDataSourceResponse{State: &state}, err
}

// PlanResourceChange leaves open what only the service would know.
func (p *provider) PlanResourceChange(_ context.Context, request *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	schema, known := p.resources[request.TypeName]
	if !known {
		return nil, fmt.Errorf("no resource %s", request.TypeName)
	}
	kind := schema.ValueType()
	proposed, err := request.ProposedNewState.Unmarshal(kind)
	if err != nil {
		return nil, err
	}
	open := map[string]bool{}
	for _, attribute := range schema.Block.Attributes {
		open[attribute.Name] = attribute.Computed
	}
	planned, err := tftypes.Transform(proposed, func(path *tftypes.AttributePath, value tftypes.Value) (tftypes.Value, error) {
		if len(path.Steps()) == 1 && value.IsNull() {
			if name, isName := path.LastStep().(tftypes.AttributeName); isName && open[string(name)] {
				return tftypes.NewValue(value.Type(), tftypes.UnknownValue), nil
			}
		}
		return value, nil
	})
	if err != nil {
		return nil, err
	}
	state, err := tfprotov6.NewDynamicValue(kind, planned)
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: &state}, err
}
