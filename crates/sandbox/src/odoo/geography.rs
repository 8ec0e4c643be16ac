//! Countries and states, as a fresh Odoo knows them: names, ISO codes and external ids.
//!
//! External ids follow Odoo's pattern: `base.us`, `base.state_us_6`, `base.state_ca_on`. The one exception among
//! countries is the United Kingdom, `base.uk`. States are given for the countries that ServiceTitan serves.

/// ISO 3166 code, a space, the name that Odoo shows; one country a line.
pub(super) const COUNTRIES: &str = "\
ad Andorra
ae United Arab Emirates
af Afghanistan
ag Antigua and Barbuda
ai Anguilla
al Albania
am Armenia
ao Angola
aq Antarctica
ar Argentina
as American Samoa
at Austria
au Australia
aw Aruba
ax Åland Islands
az Azerbaijan
ba Bosnia and Herzegovina
bb Barbados
bd Bangladesh
be Belgium
bf Burkina Faso
bg Bulgaria
bh Bahrain
bi Burundi
bj Benin
bl Saint Barthélémy
bm Bermuda
bn Brunei Darussalam
bo Bolivia
bq Bonaire, Sint Eustatius and Saba
br Brazil
bs Bahamas
bt Bhutan
bv Bouvet Island
bw Botswana
by Belarus
bz Belize
ca Canada
cc Cocos (Keeling) Islands
cf Central African Republic
cd Congo (DRC)
cg Congo (Republic)
ch Switzerland
ci Côte d'Ivoire
ck Cook Islands
cl Chile
cm Cameroon
cn China
co Colombia
cr Costa Rica
cu Cuba
cv Cape Verde
cw Curaçao
cx Christmas Island
cy Cyprus
cz Czech Republic
de Germany
dj Djibouti
dk Denmark
dm Dominica
do Dominican Republic
dz Algeria
ec Ecuador
ee Estonia
eg Egypt
eh Western Sahara
er Eritrea
es Spain
et Ethiopia
fi Finland
fj Fiji
fk Falkland Islands
fm Micronesia
fo Faroe Islands
fr France
ga Gabon
gd Grenada
ge Georgia
gf French Guiana
gh Ghana
gi Gibraltar
gg Guernsey
gl Greenland
gm Gambia
gn Guinea
gp Guadeloupe
gq Equatorial Guinea
gr Greece
gs South Georgia and the South Sandwich Islands
gt Guatemala
gu Guam
gw Guinea-Bissau
gy Guyana
hk Hong Kong
hm Heard Island and McDonald Islands
hn Honduras
hr Croatia
ht Haiti
hu Hungary
id Indonesia
ie Ireland
il Israel
im Isle of Man
in India
io British Indian Ocean Territory
iq Iraq
ir Iran
is Iceland
it Italy
je Jersey
jm Jamaica
jo Jordan
jp Japan
ke Kenya
kg Kyrgyzstan
kh Cambodia
ki Kiribati
km Comoros
kn Saint Kitts and Nevis
kp North Korea
kr South Korea
kw Kuwait
ky Cayman Islands
kz Kazakhstan
la Laos
lb Lebanon
lc Saint Lucia
li Liechtenstein
lk Sri Lanka
lr Liberia
ls Lesotho
lt Lithuania
lu Luxembourg
lv Latvia
ly Libya
ma Morocco
mc Monaco
md Moldova
me Montenegro
mf Saint Martin (French part)
mg Madagascar
mh Marshall Islands
mk North Macedonia
ml Mali
mm Myanmar
mn Mongolia
mo Macau
mp Northern Mariana Islands
mq Martinique
mr Mauritania
ms Montserrat
mt Malta
mu Mauritius
mv Maldives
mw Malawi
mx Mexico
my Malaysia
mz Mozambique
na Namibia
nc New Caledonia
ne Niger
nf Norfolk Island
ng Nigeria
ni Nicaragua
nl Netherlands
no Norway
np Nepal
nr Nauru
nu Niue
nz New Zealand
om Oman
pa Panama
pe Peru
pf French Polynesia
pg Papua New Guinea
ph Philippines
pk Pakistan
pl Poland
pm Saint Pierre and Miquelon
pn Pitcairn Islands
pr Puerto Rico
ps State of Palestine
pt Portugal
pw Palau
py Paraguay
qa Qatar
re Réunion
ro Romania
rs Serbia
ru Russian Federation
rw Rwanda
sa Saudi Arabia
sb Solomon Islands
sc Seychelles
sd Sudan
se Sweden
sg Singapore
sh Saint Helena, Ascension and Tristan da Cunha
si Slovenia
sj Svalbard and Jan Mayen
sk Slovakia
sl Sierra Leone
sm San Marino
sn Senegal
so Somalia
sr Suriname
ss South Sudan
st São Tomé and Príncipe
sv El Salvador
sx Sint Maarten (Dutch part)
sy Syria
sz Eswatini
tc Turks and Caicos Islands
td Chad
tf French Southern Territories
tg Togo
th Thailand
tj Tajikistan
tk Tokelau
tm Turkmenistan
tn Tunisia
to Tonga
tl Timor-Leste
tr Türkiye
tt Trinidad and Tobago
tv Tuvalu
tw Taiwan
tz Tanzania
ua Ukraine
ug Uganda
gb United Kingdom
um USA Minor Outlying Islands
us United States
uy Uruguay
uz Uzbekistan
va Holy See (Vatican City State)
vc Saint Vincent and the Grenadines
ve Venezuela
vg Virgin Islands (British)
vi Virgin Islands (USA)
vn Vietnam
vu Vanuatu
wf Wallis and Futuna
ws Samoa
ye Yemen
yt Mayotte
za South Africa
zm Zambia
zw Zimbabwe
xi Northern Ireland
xk Kosovo
";

/// Country code, last part of the external id, state code, name; one state a line.
pub(super) const STATES: &str = "\
US 1 AL Alabama
US 2 AK Alaska
US 3 AZ Arizona
US 4 AR Arkansas
US 5 CA California
US 6 CO Colorado
US 7 CT Connecticut
US 8 DE Delaware
US 9 DC District of Columbia
US 10 FL Florida
US 11 GA Georgia
US 12 HI Hawaii
US 13 ID Idaho
US 14 IL Illinois
US 15 IN Indiana
US 16 IA Iowa
US 17 KS Kansas
US 18 KY Kentucky
US 19 LA Louisiana
US 20 ME Maine
US 21 MT Montana
US 22 NE Nebraska
US 23 NV Nevada
US 24 NH New Hampshire
US 25 NJ New Jersey
US 26 NM New Mexico
US 27 NY New York
US 28 NC North Carolina
US 29 ND North Dakota
US 30 OH Ohio
US 31 OK Oklahoma
US 32 OR Oregon
US 33 MD Maryland
US 34 MA Massachusetts
US 35 MI Michigan
US 36 MN Minnesota
US 37 MS Mississippi
US 38 MO Missouri
US 39 PA Pennsylvania
US 40 RI Rhode Island
US 41 SC South Carolina
US 42 SD South Dakota
US 43 TN Tennessee
US 44 TX Texas
US 45 UT Utah
US 46 VT Vermont
US 47 VA Virginia
US 48 WA Washington
US 49 WV West Virginia
US 50 WI Wisconsin
US 51 WY Wyoming
US as AS American Samoa
US fm FM Federated States of Micronesia
US gu GU Guam
US mh MH Marshall Islands
US mp MP Northern Mariana Islands
US pw PW Palau
US pr PR Puerto Rico
US vi VI Virgin Islands
US aa AA Armed Forces Americas
US ae AE Armed Forces Europe
US ap AP Armed Forces Pacific
CA ab AB Alberta
CA bc BC British Columbia
CA mb MB Manitoba
CA nb NB New Brunswick
CA nl NL Newfoundland and Labrador
CA nt NT Northwest Territories
CA ns NS Nova Scotia
CA nu NU Nunavut
CA on ON Ontario
CA pe PE Prince Edward Island
CA qc QC Quebec
CA sk SK Saskatchewan
CA yt YT Yukon
AU 1 ACT Australian Capital Territory
AU 2 NSW New South Wales
AU 3 NT Northern Territory
AU 4 QLD Queensland
AU 5 SA South Australia
AU 6 TAS Tasmania
AU 7 VIC Victoria
AU 8 WA Western Australia
";

/// The name part of a country's external id (module `base`).
pub(super) fn country_external_name(code: &str) -> String {
    if code == "GB" {
        "uk".to_owned()
    } else {
        code.to_lowercase()
    }
}
