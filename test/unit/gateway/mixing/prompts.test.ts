import { expect, it } from 'vitest';
import { PromptFiles } from '../../../../gateway/mixing/prompts.ts';
import { shippedPromptFolder } from '../../../../gateway/prompts/prompts.ts';

const prompts = new PromptFiles(shippedPromptFolder(), '/prompts/');

it('names files where FreeSWITCH has them, several in one go, music over and over', () => {
  expect(prompts.source(['en/welcome.wav'])).toBe('/prompts/en/welcome.wav');
  expect(prompts.source(['en/welcome.wav', 'en/enter-pin.wav'])).toBe(
    'file_string:///prompts/en/welcome.wav!/prompts/en/enter-pin.wav',
  );
  expect(prompts.source(['music/hold.wav'], true)?.split('!').length).toBeGreaterThan(10);
});

it.each([
  '../secrets.wav',
  'en/../../x.wav',
  '/etc/passwd',
  'en/none.wav',
  'en/welcome.wav 3',
  'en/welcome.wav!tone_stream://%(100,0,400)',
  'en/welcome.wav\n\nexit',
  '{loops=9}en/welcome.wav',
])('plays nothing that is not a file below its folder: %j', (file) => {
  expect(prompts.source([file])).toBeNull();
  expect(prompts.source(['en/welcome.wav', file])).toBeNull();
});

it.each(['prompts', '/my prompts', '/a!b', '/a;b'])(
  'refuses the folder %j, and says what to do',
  (folder) => {
    expect(() => new PromptFiles('/own', folder)).toThrow(
      expect.objectContaining({
        code: 'PROMPT_FOLDER_UNUSABLE',
        remedy: expect.stringContaining('freeswitch.promptFolder') as string,
      }),
    );
  },
);
