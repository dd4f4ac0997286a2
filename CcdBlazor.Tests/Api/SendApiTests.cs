using CcdBlazor.Domain.ApiKeys;
using CcdBlazor.Domain.Messages.Templates;

namespace CcdBlazor.Tests.Api;

public sealed class SendApiTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    [Fact]
    public async Task An_accepted_message_is_in_the_database_with_its_queue_entry_before_the_answer()
    {
        var client = await world.ClientAsync();
        var answer = await client.SendAsync(Body());
        Assert.True(answer.Status == 202, answer.ToString());
        Assert.Equal(answer.Id, answer.Json.GetProperty("traceId").GetGuid());
        Assert.Equal("application/json", answer.Type);
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
        Assert.Equal(client.KeyId, await world.ScalarAsync<Guid>("select caller from messages where id = $1 and recipient = '13800138000'", answer.Id));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from ready_messages where id = $1", answer.Id));
    }

    [Fact]
    public async Task All_fields_arrive()
    {
        var client = await world.ClientAsync();
        var (customer, subject) = (Guid.NewGuid(), Guid.NewGuid());
        var answer = await client.SendAsync($$"""
            {"template":"{{world.Template}}","channel":"sms","recipient":"+86 138-0013-8000","variables":{"name":"李四","amount":1234.50},"priority":9,
             "at":"2030-01-02T03:04:05+08:00","expiresAt":"2030-01-03T00:00:00Z","tags":["a","b"],"customerId":"{{customer}}","subjectId":"{{subject}}","urgent":true,
             "fallbacks":[{"channel":"email","recipient":"li@example.com"}]}
            """);
        Assert.True(answer.Status == 202, answer.ToString());
        Assert.Equal(1, await world.ScalarAsync<long>("""
            select count(*) from messages where id = $1 and recipient = '13800138000' and priority = 9 and urgent and tags = '{a,b}' and customer_id = $2 and subject_id = $3
              and not_before = '2030-01-01T19:04:05Z' and expires_at = '2030-01-03T00:00:00Z' and variables::jsonb = '{"name":"李四","amount":"1234.50"}'
              and fallbacks like '%li@example.com%'
            """, answer.Id, customer, subject));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from later_messages where id = $1 and why = 1", answer.Id));
    }

    [Fact]
    public async Task Full_width_digits_are_read_as_what_they_mean()
    {
        var client = await world.ClientAsync();
        var answer = await client.SendAsync(Body(recipient: "１３８００１３８０００"));
        Assert.True(answer.Status == 202, answer.ToString());
        Assert.Equal("13800138000", await world.ScalarAsync<string>("select recipient from messages where id = $1", answer.Id));
    }

    [Fact]
    public async Task Values_with_braces_or_html_are_kept_as_they_are_and_never_expanded()
    {
        var client = await world.ClientAsync();
        var answer = await client.SendAsync(Body(name: "{{amount}}<b onclick=x>&"));
        Assert.True(answer.Status == 202, answer.ToString());
        Assert.Equal("{{amount}}<b onclick=x>&", await world.ScalarAsync<string>("select variables::jsonb ->> 'name' from messages where id = $1", answer.Id));
    }

    [Theory]
    [InlineData("""{"channel":"sms","recipient":"13800138000"}""", 422, "api.field_missing", "template")]
    [InlineData("""{"template":"T","recipient":"13800138000"}""", 422, "api.field_missing", "channel")]
    [InlineData("""{"template":"nothing-of-that-name","channel":"sms","recipient":"13800138000"}""", 422, "messages.template_unknown", "template")]
    [InlineData("""{"template":"a\u0000b","channel":"sms","recipient":"13800138000"}""", 422, "messages.template_unknown", "template")]
    [InlineData("""{"template":"T","channel":"fax","recipient":"1"}""", 422, "api.field_type", "channel")]
    [InlineData("""{"template":"T","channel":"wecom","recipient":"a","variables":{"name":"x"}}""", 422, "messages.template_without_channel", "channel")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"12345","variables":{"name":"x"}}""", 422, "messages.recipient_invalid", "recipient")]
    [InlineData("""{"template":"T","channel":"email","recipient":"a@b@c","variables":{"name":"x"}}""", 422, "messages.recipient_invalid", "recipient")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000"}""", 422, "messages.variable_missing", "variables.name")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x","other":"y"}}""", 422, "messages.variable_unknown", "variables.other")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x","amount":"viel"}}""", 422, "messages.variable_invalid", "variables.amount")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":{"x":[1]}}}""", 422, "api.field_type", "variables.name")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x","name":"y"}}""", 422, "api.field_type", "variables.name")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":["name"]}""", 422, "api.field_type", "variables")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","varaibles":{"name":["x"]}}""", 422, "api.field_unknown", "varaibles")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"priority":11}""", 422, "messages.priority_range", "priority")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"priority":"high"}""", 422, "api.field_type", "priority")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"at":"2020-01-01T00:00:00Z"}""", 422, "messages.at_past", "at")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"at":"2090-01-01T00:00:00Z"}""", 422, "messages.at_too_far", "at")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"at":"2030-01-01 00:00"}""", 422, "api.field_type", "at")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"after":-5}""", 422, "messages.at_past", "at")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"at":"2030-01-01T00:00:00Z","after":5}""", 422, "messages.at_and_after", "after")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"expiresAt":"2020-01-01T00:00:00Z"}""", 422, "messages.expiry_before_start", "expiresAt")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"tags":["1","2","3","4","5","6","7","8","9","10","11"]}""", 422, "messages.tags", "tags")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"tags":"a"}""", 422, "api.field_type", "tags")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"customerId":"7"}""", 422, "api.field_type", "customerId")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"account":70000}""", 422, "api.field_type", "account")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"urgent":1}""", 422, "api.field_type", "urgent")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"fallbacks":[{"channel":"email","recipient":"no"}]}""", 422, "messages.recipient_invalid", "recipient")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"fallbacks":["email",{"channel":"email"}]}""", 422, "api.field_type", "fallbacks")]
    [InlineData("""{"template":"T","channel":"sms","recipient":"13800138000","variables":{"name":"x"},"fallbacks":[{"to":[1],"channel":"email","recipient":"a@b.cn"}]}""", 422, "api.field_unknown", "fallbacks.to")]
    [InlineData("", 400, "api.malformed_json", null)]
    [InlineData("[]", 400, "api.malformed_json", null)]
    [InlineData("""{"template":"T",""", 400, "api.malformed_json", null)]
    [InlineData("""{"template":"T"} {"template":"T"}""", 400, "api.malformed_json", null)]
    [InlineData("""{"oops":1,"template":"T" "channel":"sms"}""", 400, "api.malformed_json", null)]
    [InlineData("""{"template":"\ud800","channel":"sms"}""", 400, "api.malformed_json", null)]
    [InlineData("""{"a":{"b":{"c":{"d":{"e":1}}}}}""", 400, "api.malformed_json", null)]
    public async Task What_does_not_fit_is_refused_at_the_door(string body, int status, string code, string? field)
    {
        var client = await world.ClientAsync();
        var answer = await client.SendAsync(body.Replace("\"T\"", $"\"{world.Template}\"", StringComparison.Ordinal));
        Assert.Equal((status, code), (answer.Status, answer.Code));
        if (field is not null)
            Assert.Equal(field, answer.Json.GetProperty("field").GetString());
        Assert.Equal(status, answer.Json.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_the_variables_is_said_at_once()
    {
        var client = await world.ClientAsync();
        var answer = await client.SendAsync($$$"""{"template":"{{{world.Template}}}","channel":"sms","recipient":"13800138000","variables":{"amount":"x","other":"y"}}""");
        Assert.Equal("messages.variable_missing", answer.Code);
        Assert.Equal(["messages.variable_invalid", "messages.variable_unknown"], answer.Json.GetProperty("others").EnumerateArray().Select(o => o.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_template_that_is_not_active_is_refused()
    {
        var client = await world.ClientAsync();
        foreach (var state in new[] { TemplateState.Draft, TemplateState.Inactive })
        {
            var answer = await client.SendAsync(Body(template: await world.TemplateAsync(state)));
            Assert.Equal((409, "messages.template_not_active"), (answer.Status, answer.Code));
        }
    }

    [Fact]
    public async Task Long_values_are_refused_by_their_rule_and_long_bodies_by_their_size()
    {
        var client = await world.ClientAsync();
        var longValue = await client.SendAsync(Body(name: new string('长', 5_000)));
        Assert.Equal((422, "messages.variable_invalid"), (longValue.Status, longValue.Code));
        var longBody = await client.SendAsync(Body(name: new string('x', 70_000)));
        Assert.Equal((413, "api.body_too_large"), (longBody.Status, longBody.Code));
        // The connection and the next request are none the worse for it.
        Assert.Equal(202, (await client.SendAsync(Body())).Status);
    }

    [Fact]
    public async Task Another_content_type_is_refused()
    {
        var client = await world.ClientAsync();
        var answer = await client.AskAsync(HttpMethod.Post, "/api/messages/send", Body(), contentType: "text/plain");
        Assert.Equal((415, "api.content_type"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task An_unknown_path_or_method_answers_as_an_api_does()
    {
        var client = await world.ClientAsync(ApiScopes.TemplatesRead);
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/api/messages/nothing/here"), (HttpMethod.Delete, "/api/messages/send") })
        {
            var answer = await client.AskAsync(method, path, null);
            Assert.Equal((404, "api.no_such_route"), (answer.Status, answer.Code));
            Assert.Equal(401, (await client.On(world.Node, "ccd_nobody").AskAsync(method, path, null)).Status);
        }
    }

    private string Body(string? template = null, string recipient = "13800138000", string name = "张三") =>
        $$$"""{"template":"{{{template ?? world.Template}}}","channel":"sms","recipient":"{{{recipient}}}","variables":{"name":"{{{name}}}","amount":"12.30"}}""";
}
