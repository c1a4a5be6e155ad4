import { z } from 'zod';
import { languages, layouts, menuKeys, ownPictures } from '../types.ts';
import {
  choice,
  isSound,
  listOf,
  mapping,
  plainName,
  text,
  wholeNumber,
  withRemedy,
  words,
  yesNo,
} from './values.ts';

/** How callers with video see the room. */
const view = {
  layout: words(...layouts)
    .optional()
    .describe('who is where; left out: video.layout of gateway.yaml'),
  ownPicture: words(...ownPictures)
    .optional()
    .describe('whether callers see themselves; left out: video.ownPicture of gateway.yaml'),
};

const prompt = z
  .string('must be the name of a prompt')
  .regex(
    /^[a-z0-9][a-z0-9-]{0,63}$/,
    withRemedy('must be the name of a prompt: small letters, digits and dashes, no ending', (given) => {
      const plain = given
        .toLowerCase()
        .replace(/\.(?:wav|mp3|ogg)$/, '')
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '');
      return plain === '' ? null : `Write ${plain.slice(0, 64)}.`;
    }),
  )
  .meta({ description: 'a prompt of the tenant, or one that ships', type: ['string', 'number'] });

const nested = (what: string) =>
  z
    .lazy((): z.ZodType<ActionSource> => action)
    .optional()
    .describe(what);
const inner = (what: string) => z.lazy((): z.ZodType<ActionSource> => action).describe(what);

const askPin = mapping({
  prompts: mapping({
    welcome: prompt.optional(),
    ask: prompt.optional(),
    wrong: prompt.optional(),
  })
    .optional()
    .describe('said in place of the usual ones'),
  languages: listOf(words(...languages), 'must be a list of languages', languages.length)
    .optional()
    .describe('more than one: the caller chooses by a key first'),
  tries: wholeNumber(1, 10).optional().describe('wrong PINs until the call ends'),
  seconds: wholeNumber(2, 60).optional().describe('how long a first digit is waited for'),
  collect: words('pin', 'meeting-and-pin')
    .optional()
    .describe('what is asked for: the PIN alone, or first the number of the meeting'),
  ...view,
});

const join = mapping({
  room: text(256).describe('name of the room; with ${variable}'),
  role: words('host', 'guest').optional().describe('guest if left out'),
  waitForHost: yesNo.optional().describe('left out: as the room’s meeting says'),
  meetingsOnly: yesNo
    .optional()
    .describe('a room, or number, that no meeting has is refused; left out: it is opened'),
  ...view,
});

const menuOption = z.preprocess(
  (value) => (value === 'back' || value === 'again' ? { [value]: {} } : shortAction(value)),
  z.lazy((): z.ZodType<MenuOptionSource> => menuOptionMapping),
);

const menuKey = z.enum(menuKeys, `must be a key of a phone: ${menuKeys.join(' ')}`);

const menu = mapping({
  prompt: prompt.describe('says which key does what'),
  tries: wholeNumber(1, 10).optional().describe('how often it is said; 3 if left out'),
  seconds: wholeNumber(1, 60).optional().describe('how long a key is waited for; 8 if left out'),
  options: z
    .partialRecord(menuKey, menuOption, {
      error: (issue) =>
        (issue.code as string) === 'unrecognized_keys'
          ? menuKeys.join(', ')
          : 'must be a mapping of keys to actions',
    })
    .refine((options) => Object.keys(options).length > 0, {
      error: 'must have at least one key',
      when: isSound,
    }),
  timeout: nested('when no key of it comes; left out: goodbye'),
});

const bridge = mapping({
  trunk: plainName.describe('a trunk that has "to"'),
  number: text(256)
    .optional()
    .describe('what is called there, with ${variable}; left out: the called number'),
  from: text(256).optional().describe('calling number to show; left out: the trunk’s, else the caller’s'),
  dtmf: z
    .string('must be keys')
    .regex(/^[0-9*#A-Dw]{1,64}$/, 'must be keys 0–9, *, #, A–D, and w for half a second of waiting')
    .meta({ description: 'pressed once it is answered', type: ['string', 'number'] })
    .optional(),
  seconds: wholeNumber(5, 180).optional().describe('how long it may ring; 60 if left out'),
  otherwise: nested('when it is not answered; left out: its failure is the caller’s'),
});

const reject = mapping({
  code: wholeNumber(400, 699).optional().describe('SIP status; 403 if left out'),
  text: text(128).optional().describe('words for the caller’s device'),
  prompt: prompt.optional().describe('said before the call ends; the call is answered for it'),
});

const policy = mapping({
  url: z
    .string('must be an address')
    .regex(
      /^https?:\/\/[^\s/?#@]+(?:[/?][^\s#]*)?$/,
      'must be an address such as https://policy.example/route',
    )
    .max(1024, 'must have at most 1024 characters')
    .describe('asked by POST with the call’s facts as JSON; answers with an action'),
  timeoutMs: wholeNumber(100, 10_000).optional().describe('2000 if left out'),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of an HTTP header'),
      text(1024),
      'must be a mapping of header names to texts',
    )
    .optional()
    .describe('with ${variable} and ${secret:name}'),
  fallback: inner('when there is no usable answer in time'),
});

const transfer = mapping({
  to: text(256).describe('SIP or tel URI, with ${variable}: sip:reception@example.com'),
});

const goTo = mapping({
  called: text(256).describe('the plan is asked anew with this called number; with ${variable}'),
});

const play = mapping({ prompt, then: inner('what comes after it') });

const shape = {
  'ask-pin': askPin.optional().describe('prompt, PIN, the meeting’s room'),
  join: join.optional().describe('this room, without a PIN'),
  menu: menu.optional().describe('a virtual reception: keys lead to actions'),
  bridge: bridge.optional().describe('a call out by a trunk, both ends connected'),
  reject: reject.optional().describe('refuses the call'),
  policy: policy.optional().describe('asks a web service what to do'),
  transfer: transfer.optional().describe('sends the caller elsewhere'),
  'go-to': goTo.optional().describe('asks the plan anew with another called number'),
  echo: mapping({}).optional().describe('the caller hears itself'),
  play: play.optional().describe('says something, then does something'),
};

const short = ['ask-pin', 'echo', 'reject'];

/** `ask-pin` is short for `{ ask-pin: {} }`, `echo` and `reject` likewise. */
function shortAction(value: unknown): unknown {
  return typeof value === 'string' && short.includes(value) ? { [value]: {} } : value;
}

const expected = `must be ask-pin, echo, reject, or a mapping with one of: ${Object.keys(shape).join(', ')}`;

export const action = z
  .preprocess(shortAction, choice(shape, expected))
  .meta({ id: 'Action', shorthand: ['ask-pin', 'echo', 'reject'] });

const menuOptionMapping: z.ZodType<MenuOptionSource> = choice(
  {
    ...shape,
    back: mapping({}).optional().describe('to the menu above'),
    again: mapping({}).optional().describe('says the menu again'),
  },
  `${expected}, back, again`,
).meta({ id: 'MenuOption', shorthand: ['ask-pin', 'echo', 'reject', 'back', 'again'] });

type Optional<T> = T | undefined;

/** Has exactly one key. Written out, as a type that holds itself can’t be inferred. */
export interface ActionSource {
  'ask-pin'?: Optional<z.infer<typeof askPin>>;
  join?: Optional<z.infer<typeof join>>;
  menu?: Optional<MenuSource>;
  bridge?: Optional<{
    trunk: string;
    number?: Optional<string>;
    from?: Optional<string>;
    dtmf?: Optional<string>;
    seconds?: Optional<number>;
    otherwise?: Optional<ActionSource>;
  }>;
  reject?: Optional<z.infer<typeof reject>>;
  policy?: Optional<{
    url: string;
    timeoutMs?: Optional<number>;
    headers?: Optional<Record<string, string>>;
    fallback: ActionSource;
  }>;
  transfer?: Optional<{ to: string }>;
  'go-to'?: Optional<{ called: string }>;
  echo?: Optional<object>;
  play?: Optional<{ prompt: string; then: ActionSource }>;
}

export interface MenuSource {
  prompt: string;
  tries?: Optional<number>;
  seconds?: Optional<number>;
  options: Partial<Record<(typeof menuKeys)[number], MenuOptionSource>>;
  timeout?: Optional<ActionSource>;
}

export interface MenuOptionSource extends ActionSource {
  back?: Optional<object>;
  again?: Optional<object>;
}

export type ViewSource = Pick<z.infer<typeof askPin>, 'layout' | 'ownPicture'>;
