-- Runs once, when the data folder is made. The gateway owns its database and is no superuser; its tables it makes itself.
\getenv password GATEWAY_DATABASE_PASSWORD
create role gateway login password :'password';
create database gateway owner gateway encoding 'UTF8';
revoke connect on database postgres from public;
revoke connect, temporary on database gateway from public;
