import { useEffect, useState } from 'react';
import { fetchPrompts, fetchSchema } from './api.ts';
import { noWords, type Vocabulary } from './editor/vocabulary.ts';

/** What completion knows; null: on its way. What can't be had is not completed, and all else works. */
export function useVocabulary(): Vocabulary | null {
  const [words, setWords] = useState<Vocabulary | null>(null);
  useEffect(() => {
    const look = async (): Promise<void> => {
      const [schema, prompts] = await Promise.all([
        fetchSchema().catch(() => noWords.schema),
        fetchPrompts().catch(() => noWords.prompts),
      ]);
      setWords({ schema, prompts });
    };
    void look();
  }, []);
  return words;
}
