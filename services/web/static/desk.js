// Starts what the page needs. Each module looks for its own elements and does nothing without them.
import { startTheme } from "./theme.js";
import { startWaits } from "./waits.js";
import { startLive } from "./live.js";
import { startRows } from "./rows.js";
import { startActs } from "./acts.js";
import { startDone } from "./done.js";
import { startKeys } from "./keys.js";
import { startSlider } from "./slider.js";
import { startUpload } from "./upload.js";
import { startForms } from "./forms.js";
import { startDrafts } from "./drafts.js";
import { startIdle } from "./idle.js";
import { startViews } from "./views.js";

startIdle();
startTheme();
startWaits();
startRows();
startActs();
startDone();
startKeys();
startSlider();
startForms();
startUpload();
startLive();
startDrafts();
startViews();
document.documentElement.dataset.ready = "yes";
