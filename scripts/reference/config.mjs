import { code, sentence } from './markdown.mjs';

/** The page on settings; takes the exports of config/schema, config/describe and config/names. */
export function renderConfig({ listSettings, describeDefault, comesFrom, flagName, envName }) {
  const entries = listSettings();
  const groups = [...new Set(entries.map(({ setting }) => setting.group))];
  const entry = ({ key, setting }) => {
    const names = [
      comesFrom(setting, 'flag') && `flag ${code(`--${flagName(key)} ${setting.type.placeholder}`)}`,
      comesFrom(setting, 'env') && `environment ${code(envName(key))}`,
      comesFrom(setting, 'file') && `file ${code(key)}`,
    ];
    const standard =
      setting.default === undefined || typeof setting.default === 'object'
        ? describeDefault(setting)
        : code(describeDefault(setting));
    return `### ${key}

${setting.about}

- Set by: ${names.filter(Boolean).join(', ')}
- Allowed: ${setting.type.allowed}
- Default: ${standard}`;
  };
  const sections = groups.map((group) => {
    const members = entries.filter(({ setting }) => setting.group === group);
    return [`## ${sentence(group).slice(0, -1)}`, ...members.map(entry)].join('\n\n');
  });
  return [intro, ...sections].join('\n\n');
}

const intro = `# Settings

A setting has one name in three spellings: the flag \`--upstream-timeout\`, the environment variable
\`LATCHKEY_UPSTREAM_TIMEOUT\` and the key \`upstreamTimeout\` of the JSON file that \`--config\` names. A flag wins over the
environment, that over the file, and that over the default. An unknown name or a bad value stops the start with an error
that says what is allowed; it is never ignored.

Durations are written \`500ms\`, \`2s\`, \`15m\`, \`1h\`, \`30d\`. Sizes are written \`512KiB\`, \`1MiB\` or as a number of bytes.
Lists are arrays in the file, and have commas between their entries elsewhere.

\`\`\`json
{
  "upstream": "http://localhost:5000/graphql",
  "publicUrl": "https://api.example.com",
  "corsOrigins": ["https://app.example.com"],
  "upstreamTimeout": "10s"
}
\`\`\``;
