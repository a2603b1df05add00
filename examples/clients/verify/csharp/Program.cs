// Verifies access tokens of Latchkey in an upstream that is written in C# (ASP.NET Core 8 or newer):
//   dotnet add package Microsoft.AspNetCore.Authentication.JwtBearer
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

var builder = WebApplication.CreateBuilder(args);
var publicUrl = builder.Configuration["LATCHKEY_PUBLIC_URL"] ?? "http://localhost:4000";

builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
{
    options.MapInboundClaims = false; // "sub" stays "sub"
    options.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
        $"{publicUrl}/.well-known/jwks.json",
        new JwksRetriever(),
        new HttpDocumentRetriever { RequireHttps = publicUrl.StartsWith("https:") })
    {
        // Kept for ten minutes; for an unknown key asked for again, every 30 seconds at most.
        AutomaticRefreshInterval = TimeSpan.FromMinutes(10),
        RefreshInterval = TimeSpan.FromSeconds(30),
    };
    options.TokenValidationParameters = new TokenValidationParameters
    {
        // Never leave the choice to the token (RFC 8725 section 3.1). If your Latchkey signs with RS256, write that here;
        // EdDSA is not among the algorithms of this library.
        ValidAlgorithms = new[] { SecurityAlgorithms.EcdsaSha256 },
        // An access token, and no other kind of token under the same keys (RFC 9068 section 4).
        ValidTypes = new[] { "at+jwt" },
        ValidIssuer = publicUrl,
        ValidAudience = $"{publicUrl}/graphql",
        ValidateIssuerSigningKey = true,
        RequireSignedTokens = true,
        RequireExpirationTime = true,
        ClockSkew = TimeSpan.FromSeconds(30), // clocks of two machines differ a little
        NameClaimType = "sub",
    };
    options.Events = new JwtBearerEvents
    {
        OnTokenValidated = context =>
        {
            var needed = new[] { "sub", "client_id", "iat", "jti" };
            if (needed.Any(name => context.Principal?.FindFirst(name) is null))
            {
                context.Fail("The token lacks a claim that every access token has.");
            }
            return Task.CompletedTask;
        },
    };
});

builder.Services.AddAuthorization(options => options.AddPolicy("companies:read", policy => policy
    .RequireAuthenticatedUser()
    .RequireAssertion(context => (context.User.FindFirst("scope")?.Value ?? "").Split(' ').Contains("companies:read"))));

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();
app.MapGet("/me", (HttpContext http) => new { id = http.User.FindFirst("sub")?.Value }).RequireAuthorization();
app.MapGet("/companies", () => new[] { "Belmaris Ltd" }).RequireAuthorization("companies:read");
app.Run();

/// <summary>Reads the keys from where they are: no OpenID Connect discovery document is needed.</summary>
sealed class JwksRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
{
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
        string address, IDocumentRetriever retriever, CancellationToken cancel)
    {
        var keys = new JsonWebKeySet(await retriever.GetDocumentAsync(address, cancel));
        var configuration = new OpenIdConnectConfiguration { JwksUri = address, JsonWebKeySet = keys };
        foreach (var key in keys.GetSigningKeys()) configuration.SigningKeys.Add(key);
        return configuration;
    }
}
