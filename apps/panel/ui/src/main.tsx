/** Starts the pages: appearance and language of this browser, then the data layer, then whoever the cookie stands for. */
import './styles/index.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { createPanelData } from './data/panel-data.ts';
import { chooseLanguage } from './i18n/language.ts';
import { rememberedLanguage } from './i18n/text-context.tsx';
import { loadTexts } from './i18n/texts.ts';
import { preloadPage } from './shell/lazy-page.ts';
import { rememberedTheme, showTheme } from './shell/theme.ts';

showTheme(rememberedTheme());
const language = chooseLanguage(rememberedLanguage(), navigator.languages);
const data = createPanelData();
void data.session.resume();
void preloadPage(location.pathname);
const texts = await loadTexts(language);
const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<App data={data} language={{ language, texts }} />);
